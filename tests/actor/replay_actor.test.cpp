// Restoring a partition and making it ours, with whatever comes between.
#define CAF_SUITE replay_actor

#include "actor/fixture.hpp"

using namespace cerk;
using strings = std::vector<std::string>;

namespace {

struct fixture : actor_fixture {
  heard to_log;
  caf::actor producer = sys.spawn<listener>(&to_log);
  caf::actor replay;

  ~fixture() override {
    stop(replay, producer);
  }

  void restore() {
    home()->producer = producer;
    replay = sys.spawn<replay_actor>(home());
    detail::tell_from_outside(replay, begin_restore{});
    settle();
  }

  // "a@3 z" for an aggregate at version 3 whose note is z.
  strings aggregates() {
    strings all;
    auto ids = home()->ids();
    std::sort(ids.begin(), ids.end());
    for (const auto& id : ids) {
      auto* slot = home()->hold(id);
      shared().callbacks_due.fetch_add(1);
      detail::tell_from_outside(
        slot->actor,
        query_ptr{std::make_shared<const std::function<void(const aggregate_core&)>>(
          [&](const aggregate_core& core) {
            all.push_back(
              core.id() + '@' + std::to_string(core.committed_version().value) + ' '
              + (core.quarantined() != nullptr ? "quarantined"
                 : core.committed_state()
                   ? static_cast<const bank::account*>(core.committed_state().get())->note
                   : "blank"));
          })});
      settle();
    }
    return all;
  }

  bool never_claimed() {
    std::size_t records = 0;
    auto reader = log().read({0}, {0}).value();
    while (reader->position() < reader->end())
      records += reader->next(1 << 20).value()->records().size();
    return records == static_cast<std::size_t>(progress.end);
  }
};

const strings served{"reading", "claiming", "serving"};

} // namespace

CAF_TEST_FIXTURE_SCOPE(replay_actor_tests, fixture)

CAF_TEST(an_empty_log_is_claimed_and_served) {
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_REQUIRE_EQUAL(to_log.begun.size(), 1u);
  CAF_CHECK(to_log.begun[0] == term{1});
  CAF_CHECK(!home()->closed());
}

CAF_TEST(each_aggregate_gets_its_records_in_order) {
  claim(50, 0);
  for (std::uint64_t v = 0; v < 20; ++v)
    for (const char* id : {"a", "b", "c"})
      write(50, commit_of(id, v, {std::to_string(v)}));
  options.restore_window_events_max = 7;
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), (strings{"a@20 19", "b@20 19", "c@20 19"}));
  CAF_CHECK_EQUAL(progress.events, 60u);
  CAF_CHECK_EQUAL(progress.end, 61);
  CAF_CHECK_EQUAL(progress.aggregates, 3u);
}

CAF_TEST(progress_counts_the_bytes_of_what_was_read_and_not_the_memory_that_holds_it) {
  claim(50, 0);
  for (std::uint64_t v = 0; v < 20; ++v)
    write(50, commit_of("a", v, {std::to_string(v)}));
  std::uint64_t bytes = 0;
  auto reader = log().read({0}, {0}).value();
  while (reader->position() < reader->end()) {
    const auto batch = reader->next(1 << 20).value();
    for (const auto& r : batch->records())
      bytes += r.key().size() + r.value().size() + r.header_bytes().size() + r.headers().size();
  }
  options.read_only = true;
  restore();
  CAF_CHECK_EQUAL(progress.bytes, bytes);
}

CAF_TEST(a_restore_within_a_tiny_budget_of_memory_ends_the_same) {
  claim(50, 0);
  for (std::uint64_t v = 0; v < 30; ++v)
    write(50, commit_of("a", v, {std::to_string(v)}));
  options.restore_bytes_in_flight_max = 1;
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@30 29"});
}

CAF_TEST(a_command_s_events_may_be_larger_than_the_budget) {
  claim(50, 0);
  write(50, commit_of("a", 0, {"x", "y", "z"}));
  options.restore_bytes_in_flight_max = 1;
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@3 z"});
}

CAF_TEST(void_records_change_nothing_and_are_counted) {
  claim(50, 0);
  write(50, commit_of("a", 0, {"mine"}));
  claim(60, 0); // void
  CAF_CHECK(write(60, commit_of("a", 1)).ended == status::fenced);
  log().append_verbatim({0},
                        {{.key = "a", .value = event_value("a", "Noted", 0, {9}, R"("text":"go")")},
                         {.value = "neither key nor claim"}});
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@1 mine"});
  CAF_CHECK_EQUAL(progress.voids, 2u);
  CAF_CHECK_EQUAL(progress.orphans, 1u);
}

CAF_TEST(a_claim_replaces_the_one_in_force) {
  claim(50, 0);
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK(write(50, commit_of("a", 0)).ended == status::fenced);
  CAF_CHECK(write(1, commit_of("a", 0)).ended == status::committed);
}

CAF_TEST(what_the_former_owner_wrote_until_the_claim_is_folded) {
  claim(50, 0);
  write(50, commit_of("a", 0, {"early"}));
  on_phase = [this](const std::string& phase) {
    if (phase == "claiming")
      write(50, commit_of("a", 1, {"late"}));
  };
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@2 late"});
}

CAF_TEST(a_claim_that_came_second_means_fenced) {
  on_phase = [this](const std::string& phase) {
    if (phase == "claiming")
      claim(99, 0);
  };
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "claiming", "fenced"}));
  CAF_CHECK(to_log.begun.empty());
  CAF_CHECK(home()->closed()->code == errc::fenced);
  CAF_CHECK_EQUAL(shared().fences.load(), 1u);
}

CAF_TEST(a_group_that_the_claim_tears_is_void) {
  claim(50, 0);
  write(50, commit_of("a", 0, {"whole"}));
  const auto value = event_value("a", "Noted", 0, {2}, R"("text":"half")");
  const auto header = pack({.k = 1, .n = 2, .term = {50}, .number = 2, .version = {2}}, "a", value);
  log().append_verbatim({0},
                        {{.key = "a", .value = value, .header = {header.data(), header.size()}}});
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@1 whole"});
  CAF_CHECK_EQUAL(progress.voids, 1u);
}

CAF_TEST(a_group_that_ends_just_before_the_claim_takes_effect) {
  claim(50, 0);
  const auto half = [this](std::uint16_t k) {
    const auto value = event_value("a", "Noted", 0, {k}, "\"text\":\"" + std::to_string(k) + '"');
    const auto header
      = pack({.k = k, .n = 2, .term = {50}, .number = k, .version = {k}}, "a", value);
    log().append_verbatim({0},
                          {{.key = "a", .value = value, .header = {header.data(), header.size()}}});
  };
  half(1);
  on_phase = [&](const std::string& phase) {
    if (phase == "claiming")
      half(2);
  };
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@2 2"});
}

CAF_TEST(who_only_reads_never_claims) {
  claim(50, 0);
  write(50, commit_of("a", 0));
  options.read_only = true;
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "serving"}));
  CAF_CHECK(to_log.begun.empty());
  CAF_CHECK(home()->closed()->code == errc::read_only);
  CAF_CHECK(never_claimed());
  CAF_CHECK_EQUAL(aggregates(), strings{"a@1 x"});
}

CAF_TEST(a_failing_read_is_tried_again) {
  claim(50, 0);
  write(50, commit_of("a", 0));
  log().fail_reads(5);
  restore();
  CAF_CHECK_EQUAL(phases, strings{"reading"});
  CAF_CHECK(home()->closed()->code == errc::restoring);
  pass(ms{200});
  CAF_CHECK_EQUAL(progress.failure, "unavailable: injected read failure");
  CAF_CHECK_GREATER(progress.seconds, 0.0);
  // It has memory of the budget, which is for as many as there are turns.
  bool other_came = false;
  CAF_CHECK(!home()->shared().turns.take({7}, [&] { other_came = true; }));
  pass(ms{1'000});
  CAF_CHECK(progress.failure.empty());
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK(other_came);
  CAF_CHECK_EQUAL(aggregates(), strings{"a@1 x"});
}

CAF_TEST(reads_that_go_on_failing_end_the_restore_as_a_failure) {
  claim(50, 0);
  log().fail_reads(SIZE_MAX);
  restore();
  pass(ms{29'000}, ms{100});
  CAF_CHECK_EQUAL(phases, strings{"reading"});
  pass(ms{2'000}, ms{100});
  CAF_CHECK_EQUAL(phases, (strings{"reading", "failed"}));
  CAF_CHECK_EQUAL(progress.failure, "unavailable: injected read failure (for 30 s)");
  CAF_CHECK(home()->closed()->code == errc::unavailable);
  CAF_CHECK(!sched.has_pending_timeout());
}

CAF_TEST(a_bad_event_parks_its_aggregate_and_the_rest_is_served) {
  claim(50, 0);
  auto bad = std::make_shared<commit>(*commit_of("a", 0));
  bad->events[0] = event_value("a", "Unheard", 0, {1}, "");
  write(50, bad);
  write(50, commit_of("b", 0));
  restore();
  CAF_CHECK_EQUAL(phases, served);
  CAF_CHECK_EQUAL(aggregates(), (strings{"a@0 quarantined", "b@1 x"}));
  CAF_CHECK_EQUAL(progress.quarantined, 1u);
}

CAF_TEST(a_damaged_record_on_which_the_order_depends_fails_the_restore) {
  claim(50, 0);
  const auto value = event_value("a", "Noted", 0, {1}, R"("text":"x")");
  auto header = pack({.term = {50}, .number = 1, .version = {1}}, "a", value);
  header[16] = 9; // its number
  log().append_verbatim({0},
                        {{.key = "a", .value = value, .header = {header.data(), header.size()}}});
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "failed"}));
  CAF_CHECK(
    progress.failure.starts_with("corrupt: the record at offset 1 of partition 0 is damaged"));
}

CAF_TEST(a_claim_for_another_number_of_partitions_or_partitioner_fails_the_restore) {
  log().append_claim({0}, {.id = {50}, .partition_count = 2, .partitioner = "murmur2"},
                     [](const auto&) {});
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "failed"}));
  CAF_CHECK(progress.failure.find("claimed for 2 partitions by murmur2") != std::string::npos);
}

CAF_TEST(an_event_of_an_aggregate_that_belongs_elsewhere_fails_the_restore) {
  memory.partitions = 2;
  std::string id = "a";
  while (partition_of(id, log().info()) == partition_id{0})
    id += 'a';
  log().append_verbatim({0}, {{.key = id, .value = event_value(id, "Noted", 0, {1}, "")}}).value();
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "failed"}));
  CAF_CHECK(progress.failure.find("belongs in partition 1") != std::string::npos);
}

CAF_TEST(when_its_term_ends_the_partition_is_fenced_or_stopped) {
  restore();
  detail::tell_from_outside(replay, term_ended{{77}, {errc::fenced, "another's"}});
  settle();
  CAF_CHECK_EQUAL(phases, served);
  detail::tell_from_outside(replay, term_ended{{1}, {errc::fenced, "ours"}});
  settle();
  CAF_CHECK_EQUAL(phases.back(), "fenced");
  CAF_CHECK(home()->closed()->code == errc::fenced);
  CAF_CHECK_EQUAL(shared().fences.load(), 1u);
}

CAF_TEST(when_its_store_stops_the_partition_takes_no_commands_and_stays_readable) {
  claim(50, 0);
  write(50, commit_of("a", 0));
  restore();
  detail::tell_from_outside(replay, term_ended{{1}, {errc::unavailable, "disk"}});
  settle();
  CAF_CHECK_EQUAL(phases.back(), "stopped");
  CAF_CHECK(home()->closed()->code == errc::unavailable);
  CAF_CHECK(home()->is_readable());
}

CAF_TEST(told_to_take_over_it_reads_only_when_the_former_term_has_settled) {
  restore();
  detail::tell_from_outside(replay, term_ended{{1}, {errc::fenced, "ours"}});
  settle();
  to_log.answers_settle_all = false;
  detail::tell_from_outside(replay, take_over{});
  settle();
  CAF_CHECK_EQUAL(phases.back(), "reading");
  CAF_CHECK_EQUAL(to_log.begun.size(), 1u);
  caf::send_as(producer, replay, all_settled{});
  settle();
  CAF_CHECK_EQUAL(phases.back(), "serving");
  CAF_CHECK_EQUAL(to_log.begun.size(), 2u);
}

CAF_TEST(a_timer_that_somebody_s_own_take_over_has_overtaken_does_nothing) {
  options.on_fenced = on_fenced::reclaim;
  restore();
  randoms = 99; // the next one is the delay, in ms
  detail::tell_from_outside(replay, term_ended{{1}, {errc::fenced, "ours"}});
  settle();
  pass(ms{50});
  CAF_CHECK_EQUAL(phases.back(), "fenced");
  detail::tell_from_outside(replay, take_over{});
  settle();
  CAF_REQUIRE_EQUAL(phases.back(), "serving");
  detail::tell_from_outside(replay, term_ended{to_log.begun.back(), {errc::unavailable, "disk"}});
  settle();
  CAF_CHECK_EQUAL(phases.back(), "stopped");
  pass(ms{1'000});
  CAF_CHECK_EQUAL(phases.back(), "stopped");
  CAF_CHECK_EQUAL(to_log.begun.size(), 2u);
}

CAF_TEST(that_another_claim_was_not_appended_says_nothing_of_the_own_one) {
  on_phase = [this](const std::string& phase) {
    if (phase == "claiming")
      detail::tell_from_outside(replay, claim_appended{{77}, error{errc::unavailable, "former"}});
  };
  restore();
  CAF_CHECK_EQUAL(phases, served);
}

CAF_TEST(the_time_of_a_restore_is_that_of_reading_and_not_of_service) {
  restore();
  pass(ms{3'600'000}, ms{60'000});
  detail::tell_from_outside(replay, term_ended{{1}, {errc::fenced, "ours"}});
  settle();
  detail::tell_from_outside(replay, take_over{});
  pass(ms{1'000});
  CAF_CHECK_EQUAL(phases.back(), "serving");
  CAF_CHECK_LESS(progress.seconds, 1.0);
}

CAF_TEST(a_claim_that_cannot_be_appended_fails_the_restore) {
  log().close();
  restore();
  CAF_CHECK_EQUAL(phases, (strings{"reading", "claiming", "failed"}));
  CAF_CHECK(progress.failure.starts_with("unavailable"));
}

CAF_TEST_FIXTURE_SCOPE_END()
