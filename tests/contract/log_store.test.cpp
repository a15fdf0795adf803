// The store contract, kept on a log without conditions, and what such a log can do wrong.
#define CAF_SUITE log_store

#include "log_provider.hpp"
#include "store_contract.hpp"
#include "support/memory_log.hpp"

namespace {

using contract::status;

contract::factory make_store() {
  return {.make =
            [] {
              return std::make_unique<cerk::log_provider>(std::make_unique<memory_log>(4),
                                                          cerk::log_provider_options{
                                                            .event_bytes_max = 4'096},
                                                          cerk::environment::of_this_machine());
            },
          .event_bytes_max = 4'096};
}

constexpr cerk::partition_id home{0};

// One partition, owned, and its log within reach.
struct owned_log {
  owned_log() {
    auto made = std::make_unique<memory_log>(1);
    log = made.get();
    store = std::make_unique<cerk::log_provider>(
      std::move(made),
      cerk::log_provider_options{.event_bytes_max = 4'096,
                                 .close_timeout = std::chrono::milliseconds{10}},
      cerk::environment::of_this_machine());
    contract::claim(*store, home, 11, 0);
  }

  using commit_answer = contract::answer<cerk::commit_result>;

  commit_answer append(std::uint64_t version, std::size_t events = 1) {
    const commit_answer answer;
    store->append(home, {11}, {contract::make_commit("ada", version, events)},
                  [answer](std::vector<cerk::commit_result> done) { answer.set(done.at(0)); });
    return answer;
  }

  void foreign_claim(std::uint64_t id, std::uint64_t replaces) {
    log->add(home, {.value = cerk::claim_value({.id = {id}, .replaces = {replaces}}, 0)});
  }

  std::size_t events() const {
    return contract::events_of(*store, "ada").size();
  }

  std::vector<std::string> reasons() const {
    std::vector<std::string> all;
    for (const auto& entry : contract::scan(*store, home))
      all.push_back(entry.effective ? "" : entry.reason);
    return all;
  }

  memory_log* log = nullptr;
  std::unique_ptr<cerk::log_provider> store;
};

using strings = std::vector<std::string>;

} // namespace

#include "store_contract_tests.hpp"

CAF_TEST(behind_a_foreign_claim_a_commit_is_fenced_and_so_is_every_later_one) {
  owned_log all;
  all.foreign_claim(12, 11);
  CAF_CHECK(all.append(0).get().ended == status::fenced);
  CAF_CHECK(all.append(0).get().ended == status::fenced);
  CAF_CHECK((all.reasons() == strings{"", "", "stale_term"}));
}

CAF_TEST(behind_a_record_without_header_a_commit_is_read_back_and_acknowledged) {
  owned_log all;
  all.log->add(home, {.key = "ada", .value = R"({"id":"ada","type":"Noted"})"});
  const auto first = all.append(0).get();
  CAF_CHECK(first.ended == status::committed);
  CAF_CHECK_EQUAL(first.last.value, 2);
  CAF_CHECK(all.append(1).get().ended == status::committed);
  CAF_CHECK((all.reasons() == strings{"", "headerless_after_claim", "", ""}));
}

CAF_TEST(behind_a_late_claim_of_a_dead_owner_a_commit_is_read_back_and_acknowledged) {
  owned_log all;
  all.foreign_claim(9, 3);
  CAF_CHECK(all.append(0).get().ended == status::committed);
}

CAF_TEST(a_report_without_an_offset_is_settled_by_reading_back) {
  owned_log all;
  all.log->next({fault::no_offset});
  const auto result = all.append(0).get();
  CAF_CHECK(result.ended == status::committed);
  CAF_CHECK_EQUAL(result.last.value, 1);
}

CAF_TEST(a_failed_report_whose_record_landed_is_a_committed_one_after_renewal) {
  owned_log all;
  all.log->next({fault::failed_but_stored});
  CAF_CHECK(all.append(0).get().ended == status::committed);
  CAF_CHECK(all.append(1).get().ended == status::committed);
  CAF_CHECK((all.reasons() == strings{"", "", "", ""})); // claim, event, newer claim, event
}

CAF_TEST(a_lost_record_is_void_after_renewal_and_the_caller_s_claim_still_holds) {
  owned_log all;
  all.log->next({fault::lost});
  const auto lost = all.append(0).get();
  CAF_CHECK(lost.ended == status::refused);
  CAF_CHECK(lost.failure.code == cerk::errc::unavailable);
  CAF_CHECK(all.append(0).get().ended == status::committed);
  CAF_CHECK_EQUAL(all.events(), 1u);
}

CAF_TEST(when_a_middle_record_is_lost_none_after_it_is_acknowledged) {
  owned_log all;
  all.log->next({fault::held, fault::silently_lost, fault::none});
  const auto first = all.append(0);
  const auto second = all.append(1);
  const auto third = all.append(2);
  all.log->release();
  CAF_CHECK(first.get().ended == status::committed);
  CAF_CHECK(second.get().ended == status::refused);
  CAF_CHECK(third.get().ended == status::refused);
  CAF_CHECK((all.reasons() == strings{"", "", "gap", ""}));
}

CAF_TEST(a_commit_of_several_events_is_whole_or_void) {
  owned_log all;
  all.log->next({fault::none, fault::none, fault::lost});
  CAF_CHECK(all.append(0, 3).get().ended == status::refused);
  CAF_CHECK((all.reasons() == strings{"", "torn_group", "torn_group", ""}));
  CAF_CHECK(all.append(0, 3).get().ended == status::committed);
  CAF_CHECK_EQUAL(all.events(), 3u);
}

CAF_TEST(a_foreign_claim_right_behind_a_group_leaves_it_whole) {
  owned_log all;
  all.log->next({fault::none, fault::held});
  const auto group = all.append(0, 2);
  all.foreign_claim(12, 11);
  all.log->release();
  CAF_CHECK(group.get().ended == status::committed);
  CAF_CHECK(all.append(2).get().ended == status::fenced);
}

CAF_TEST(while_the_log_is_out_of_reach_nothing_is_taken_and_nothing_is_said_of_what_is_in_doubt) {
  owned_log all;
  all.log->set_unreachable(true);
  all.log->next({fault::lost});
  const auto in_doubt = all.append(0);
  all.log->settle();
  CAF_CHECK(all.append(1).get().ended == status::refused); // at once
  all.log->set_unreachable(false);
  CAF_CHECK(in_doubt.get().ended == status::refused);
  CAF_CHECK(all.append(0).get().ended == status::committed);
  CAF_CHECK_EQUAL(all.events(), 1u);
}

CAF_TEST(a_claim_of_the_renewal_that_landed_though_reported_as_failed_is_not_foreign) {
  owned_log all;
  all.log->next({fault::lost, fault::failed_but_stored});
  CAF_CHECK(all.append(0).get().ended == status::refused);
  CAF_CHECK(all.append(0).get().ended == status::committed);
  CAF_CHECK((all.reasons() == strings{"", "", "lost_claim", ""}));
}

CAF_TEST(an_owner_whose_renewal_comes_too_late_is_fenced) {
  owned_log all;
  all.log->set_unreachable(true);
  all.log->next({fault::lost});
  const auto in_doubt = all.append(0);
  all.log->settle();
  all.foreign_claim(12, 11);
  all.log->set_unreachable(false);
  CAF_CHECK(in_doubt.get().ended == status::fenced);
}

CAF_TEST(what_was_decided_on_a_void_commit_is_void_even_after_the_renewal) {
  owned_log all;
  all.log->next({fault::lost});
  CAF_CHECK(all.append(0).get().ended == status::refused);
  // On its way since before anybody was told.
  const auto stale = all.append(1).get();
  CAF_CHECK(stale.ended == status::conflict);
  CAF_CHECK_EQUAL(stale.actual.value, 0u);
  CAF_CHECK(all.append(0).get().ended == status::committed);
  CAF_CHECK(all.append(1).get().ended == status::committed);
  CAF_CHECK_EQUAL(all.events(), 2u);
}

CAF_TEST(what_was_decided_on_a_commit_that_is_too_large_is_void) {
  owned_log all;
  const contract::answer<std::vector<cerk::commit_result>> together;
  all.store->append(home, {11},
                    {contract::make_commit("ada", 0, 1, "large", 5'000),
                     contract::make_commit("ada", 1), contract::make_commit("bob", 0)},
                    [together](auto results) { together.set(std::move(results)); });
  const auto results = together.get();
  CAF_CHECK(results.at(0).ended == status::refused);
  CAF_CHECK(results.at(1).ended == status::conflict);
  CAF_CHECK(results.at(2).ended == status::committed);
}

CAF_TEST(an_owner_who_has_read_his_claim_appends_before_its_report_has_come) {
  owned_log all;
  all.log->next({fault::held});
  const contract::answer<cerk::result<cerk::offset>> claimed;
  all.store->append_claim(home, {.id = {12}, .replaces = {11}},
                          [claimed](auto at) { claimed.set(std::move(at)); });
  all.log->settle();
  const contract::answer<cerk::commit_result> early;
  all.store->append(home, {12}, {contract::make_commit("ada", 0)},
                    [early](auto results) { early.set(results.at(0)); });
  CAF_CHECK(claimed.get().value() == cerk::no_offset); // not known, and no matter
  CAF_CHECK(early.get().ended == status::committed);
  all.log->release();
}

CAF_TEST(a_claim_whose_report_has_no_offset_is_looked_for) {
  owned_log all;
  all.log->next({fault::no_offset});
  CAF_CHECK(contract::claim(*all.store, home, 12, 11) == cerk::no_offset);
  const auto result = contract::append_one(*all.store, 12, contract::make_commit("ada", 0));
  CAF_CHECK(result.ended == status::committed);
  CAF_CHECK_EQUAL(result.last.value, 2);
}

CAF_TEST(a_claim_that_was_not_stored_says_so_and_takes_nothing) {
  owned_log all;
  all.log->next({fault::lost});
  const contract::answer<cerk::result<cerk::offset>> claimed;
  all.store->append_claim(home, {.id = {12}, .replaces = {11}},
                          [claimed](auto at) { claimed.set(std::move(at)); });
  CAF_CHECK(claimed.get().error().code == cerk::errc::unavailable);
  CAF_CHECK(contract::append_one(*all.store, 12, contract::make_commit("ada", 0)).ended
            == status::stopped);
  CAF_CHECK(all.append(0).get().ended == status::committed); // the former claim still holds
}

CAF_TEST(a_reader_that_fails_while_reading_back_is_opened_again) {
  owned_log all;
  all.log->next({fault::held});
  const auto late = all.append(0);
  all.log->add(home, {.key = "ada", .value = "{}"});
  const auto next = all.append(1);
  all.log->set_unreachable(true);
  all.log->release();
  all.log->settle(); // the reports
  all.log->settle(); // the reading, which fails
  all.log->set_unreachable(false);
  CAF_CHECK(late.get().ended == status::committed);
  CAF_CHECK(next.get().ended == status::committed);
}

CAF_TEST(a_term_that_was_relinquished_gives_its_producer_back_and_takes_nothing) {
  owned_log all;
  CAF_CHECK_EQUAL(all.log->pipelines(), 1u);
  all.store->relinquish(home, {99}); // nobody's
  all.log->settle();
  CAF_CHECK_EQUAL(all.log->pipelines(), 1u);
  all.store->relinquish(home, {11});
  all.log->settle();
  CAF_CHECK_EQUAL(all.log->pipelines(), 0u);
  CAF_CHECK(all.append(0).get().ended == status::fenced);
}

CAF_TEST(relinquishing_says_unknown_of_what_nobody_answered) {
  owned_log all;
  all.log->next({fault::held});
  const auto held = all.append(0);
  all.store->relinquish(home, {11});
  CAF_CHECK(held.get().ended == status::unknown);
}

CAF_TEST(closing_says_unknown_of_what_nobody_answered) {
  owned_log all;
  all.log->next({fault::held});
  const auto held = all.append(0);
  all.store->close();
  CAF_CHECK(held.get().ended == status::unknown);
}

CAF_TEST(a_writer_whose_claim_comes_back_late_does_not_take_itself_for_another) {
  auto made = std::make_unique<memory_log>(1);
  made->delay_reads(1); // the log is empty: the first is that of the claim
  cerk::log_provider store{std::move(made), {}, cerk::environment::of_this_machine()};
  CAF_CHECK(cerk::log_writer::open(store, "late"));
}
