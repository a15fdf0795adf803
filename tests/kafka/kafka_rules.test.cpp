// The rules of the log one by one, on a real broker: what was answered, and the log that shows why.
#define CAF_SUITE kafka_rules

#include <cerk/cerk.hpp>
#include <cerk/kafka_provider.hpp>

#include "kafka/topic_log.hpp"
#include "log_provider.hpp"
#include "store_contract.hpp"
#include "support/account.hpp"
#include "support/faulty_log.hpp"
#include "support/kafka_cluster.hpp"
#include "support/log_dump.hpp"

#include <atomic>
#include <future>

namespace {

using contract::status;
using kind = faulty_log::fault::kind;

constexpr cerk::partition_id home{0};

// Random numbers count up from 100, so that a log is the same in each run.
cerk::environment counting() {
  auto made = cerk::environment::of_this_machine();
  made.random = [next = std::make_shared<std::atomic<std::uint64_t>>(100)] { return (*next)++; };
  return made;
}

cerk::record claim_of(std::uint64_t id, std::uint64_t replaces) {
  return {.value = cerk::claim_value({.id = {id}, .replaces = {replaces}}, 0)};
}

void check_log(cerk::provider& store, const std::string& expected) {
  const auto log = dump_log(store, home);
  CAF_MESSAGE(log);
  CAF_CHECK_EQUAL(log, expected);
}

// A topic of one partition, its log within reach.
struct topic_under_test {
  topic_under_test() {
    auto made = std::make_unique<faulty_log>(cerk::kafka::open_topic_log(topic));
    log = made.get();
    store = std::make_unique<cerk::log_provider>(std::move(made), cerk::log_provider_options{},
                                                 counting());
  }

  const cerk::kafka_options topic = fresh_topic(1);
  faulty_log* log = nullptr;
  std::unique_ptr<cerk::log_provider> store;
};

// The same, owned under term 11.
struct owned_topic : topic_under_test {
  explicit owned_topic(std::vector<faulty_log::fault> of_the_claim = {}) {
    log->next(std::move(of_the_claim));
    contract::claim(*store, home, 11, 0);
  }

  // Commits on these versions, handed over together: all records are produced before the first
  // report comes.
  std::vector<cerk::commit_result> append(const std::vector<std::uint64_t>& versions,
                                          std::size_t events = 1) {
    std::vector<cerk::commit_ptr> commits;
    for (const auto version : versions)
      commits.push_back(contract::make_commit("ada", version, events));
    return contract::append(*store, home, 11, std::move(commits));
  }

  status append_one(std::uint64_t version) {
    return append({version}).at(0).ended;
  }

  // Before the second of the next records lies somebody else's.
  void add_before_second(const cerk::record& foreign) {
    log->next({{}, {.before = [this, foreign] { log->add(home, foreign); }}});
  }
};

} // namespace

CAF_TEST(at_a_gap_by_a_foreign_claim_the_owner_is_fenced) {
  owned_topic all;
  all.add_before_second(claim_of(12, 11));
  const auto results = all.append({0, 1});
  CAF_CHECK(results[0].ended == status::committed);
  CAF_CHECK(results[1].ended == status::fenced);
  CAF_CHECK(all.append_one(1) == status::fenced); // and is not produced
  check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       ada  Noted       11    1            1/1  1        effective
2       -    cerk.claim  12    replaces 11  -    -        effective
3       ada  Noted       11    2            1/1  2        stale_term)");
}

CAF_TEST(at_a_gap_by_a_record_without_header_a_commit_is_read_back_and_acknowledged) {
  owned_topic all;
  all.add_before_second({.key = "ada", .value = R"({"id":"ada","type":"Noted"})"});
  const auto results = all.append({0, 1});
  CAF_CHECK(results[0].ended == status::committed);
  CAF_CHECK(results[1].ended == status::committed);
  CAF_CHECK_EQUAL(results[1].last.value, 3);
  check_log(*all.store, R"(
offset  key  type        term  number      k/n  version  verdict
0       -    cerk.claim  11    replaces 0  -    -        effective
1       ada  Noted       11    1           1/1  1        effective
2       ada  Noted       -     -           -    -        headerless_after_claim
3       ada  Noted       11    2           1/1  2        effective)");
}

CAF_TEST(a_report_without_an_offset_does_not_say_whether_its_record_takes_effect) {
  owned_topic all{{{.how = kind::no_offset}}}; // its claim's, too
  all.log->next({{.how = kind::no_offset}});
  const auto first = all.append({0}).at(0);
  CAF_CHECK(first.ended == status::committed);
  CAF_CHECK_EQUAL(first.last.value, 1);
  const auto foreign_claim = [&] { all.log->add(home, claim_of(12, 11)); };
  all.log->next({{.how = kind::no_offset, .before = foreign_claim}});
  CAF_CHECK(all.append_one(1) == status::fenced);
  check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       ada  Noted       11    1            1/1  1        effective
2       -    cerk.claim  12    replaces 11  -    -        effective
3       ada  Noted       11    2            1/1  2        stale_term)");
}

CAF_TEST(a_failed_report_whose_record_landed_is_a_committed_one_under_the_next_term) {
  owned_topic all;
  all.log->next({{.how = kind::failed_but_stored}});
  const auto first = all.append({0}).at(0);
  CAF_CHECK(first.ended == status::committed);
  CAF_CHECK_EQUAL(first.last.value, 1);
  CAF_CHECK(all.append_one(1) == status::committed);
  check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       ada  Noted       11    1            1/1  1        effective
2       -    cerk.claim  100   replaces 11  -    -        effective
3       ada  Noted       100   1            1/1  2        effective)");
}

CAF_TEST(when_a_middle_record_is_lost_those_behind_it_are_void_though_they_landed) {
  // Whether the pipeline says so or not.
  for (const auto lost : {kind::lost, kind::silently_lost}) {
    owned_topic all;
    all.log->next({{}, {.how = lost}, {}});
    const auto results = all.append({0, 1, 2});
    CAF_CHECK(results[0].ended == status::committed);
    CAF_CHECK(results[1].ended == status::refused);
    CAF_CHECK(results[2].ended == status::refused);
    CAF_CHECK(all.append_one(1) == status::committed);
    check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       ada  Noted       11    1            1/1  1        effective
2       ada  Noted       11    3            1/1  3        gap
3       -    cerk.claim  100   replaces 11  -    -        effective
4       ada  Noted       100   1            1/1  2        effective)");
  }
}

CAF_TEST(a_claim_inside_another_owner_s_group_voids_all_of_it) {
  owned_topic all;
  cerk::kafka_provider other{all.topic};
  all.log->next({{}, {.before = [&] { contract::claim(other, home, 12, 11); }}});
  CAF_CHECK(all.append({0}, 3).at(0).ended == status::fenced);
  check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       ada  Noted       11    1            1/3  1        torn_group
2       -    cerk.claim  12    replaces 11  -    -        effective
3       ada  Noted       11    2            2/3  2        stale_term
4       ada  Noted       11    3            3/3  3        stale_term)");
  // The next owner goes on from where the group began.
  CAF_CHECK(contract::append_one(other, 12, contract::make_commit("ada", 0)).ended
            == status::committed);
  const auto entries = contract::scan(other, home);
  CAF_CHECK_EQUAL(entries.back().event.version.value, 1u);
}

CAF_TEST(an_own_claim_that_lands_again_changes_nothing) {
  owned_topic all{{{.how = kind::twice}}};
  // Nor does it tear a group.
  const auto own_claim = [&] { all.log->add(home, claim_of(11, 0)); };
  all.log->next({{}, {.how = kind::no_offset, .before = own_claim}});
  CAF_CHECK(all.append({0}, 2).at(0).ended == status::committed);
  CAF_CHECK(all.append_one(2) == status::committed);
  check_log(*all.store, R"(
offset  key  type        term  number      k/n  version  verdict
0       -    cerk.claim  11    replaces 0  -    -        effective
1       -    cerk.claim  11    replaces 0  -    -        lost_claim
2       ada  Noted       11    1           1/2  1        effective
3       -    cerk.claim  11    replaces 0  -    -        lost_claim
4       ada  Noted       11    2           2/2  2        effective
5       ada  Noted       11    3           1/1  3        effective)");
}

CAF_TEST(an_own_claim_of_a_renewal_that_lands_again_changes_nothing) {
  owned_topic all;
  all.log->next({{.how = kind::lost}, {.how = kind::twice}});
  CAF_CHECK(all.append_one(0) == status::refused);
  all.add_before_second(claim_of(100, 11));
  const auto results = all.append({0, 1});
  CAF_CHECK(results[0].ended == status::committed);
  CAF_CHECK(results[1].ended == status::committed);
  check_log(*all.store, R"(
offset  key  type        term  number       k/n  version  verdict
0       -    cerk.claim  11    replaces 0   -    -        effective
1       -    cerk.claim  100   replaces 11  -    -        effective
2       -    cerk.claim  100   replaces 11  -    -        lost_claim
3       ada  Noted       100   1            1/1  1        effective
4       -    cerk.claim  100   replaces 11  -    -        lost_claim
5       ada  Noted       100   2            1/1  2        effective)");
}

CAF_TEST(a_late_claim_of_a_dead_owner_is_void_and_the_living_one_serves_on) {
  owned_topic all;
  all.add_before_second(claim_of(9, 3));
  const auto results = all.append({0, 1});
  CAF_CHECK(results[0].ended == status::committed);
  CAF_CHECK(results[1].ended == status::committed);
  check_log(*all.store, R"(
offset  key  type        term  number      k/n  version  verdict
0       -    cerk.claim  11    replaces 0  -    -        effective
1       ada  Noted       11    1           1/1  1        effective
2       -    cerk.claim  9     replaces 3  -    -        lost_claim
3       ada  Noted       11    2           1/1  2        effective)");
}

CAF_TEST(a_late_claim_that_names_the_living_owner_s_fences_it_until_it_claims_again) {
  topic_under_test all;
  std::promise<void> serves_again;
  bool was_fenced = false;
  cerk::repository_options options{.on_fenced = cerk::on_fenced::reclaim,
                                   .environment = counting()};
  options.on_progress = [&](const cerk::restore_progress& p) {
    was_fenced = was_fenced || p.now == cerk::restore_progress::phase::fenced;
    if (was_fenced && p.now == cerk::restore_progress::phase::serving) {
      was_fenced = false;
      serves_again.set_value();
    }
  };
  cerk::actor_system_config config;
  caf::actor_system system{config};
  cerk::repository repo{system, *all.store, options, bank::accounts};
  const auto accounts = repo.of(bank::accounts);
  CAF_CHECK(accounts.send("ada", bank::open{"Ada"}, {.command_key = "1"}).accepted());
  all.log->add(home, claim_of(9, 100));
  const auto fenced = accounts.send("ada", bank::deposit{5}, {.command_key = "2"});
  CAF_REQUIRE(fenced.get_failure() != nullptr);
  CAF_REQUIRE(fenced.get_failure()->code == cerk::errc::fenced);
  serves_again.get_future().wait();
  CAF_CHECK(accounts.send("ada", bank::deposit{5}, {.command_key = "2"}).accepted());
  CAF_CHECK_EQUAL(accounts.get("ada").value().state.balance, 5);
  check_log(*all.store, R"(
offset  key  type        term  number        k/n  version  verdict
0       -    cerk.claim  100   replaces 0    -    -        effective
1       ada  Opened      100   1             1/1  1        effective
2       -    cerk.claim  9     replaces 100  -    -        effective
3       ada  Deposited   100   2             1/1  2        stale_term
4       -    cerk.claim  102   replaces 9    -    -        effective
5       ada  Deposited   102   1             1/1  2        effective)");
}
