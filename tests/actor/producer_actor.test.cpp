// Batches without a timer, and what becomes of a term.
#define CAF_SUITE producer_actor

#include "actor/fixture.hpp"

using namespace cerk;

namespace {

struct fixture : actor_fixture {
  heard one, other, replay;
  caf::actor first = sys.spawn<listener>(&one);
  caf::actor second = sys.spawn<listener>(&other);
  caf::actor owner = sys.spawn<listener>(&replay);
  caf::actor producer;
  std::uint64_t sequence = 0;

  ~fixture() override {
    stop(producer, first, second, owner);
  }

  void begin() {
    claim(1, 0);
    log().release();
    producer = sys.spawn<producer_actor>(home());
    caf::send_as(owner, producer, term_begins{{1}});
    settle();
  }

  void append(const caf::actor& aggregate, const std::string& id, std::uint64_t expected,
              std::uint32_t epoch = 0) {
    caf::anon_send<caf::message_priority::high>(
      producer, append_message{aggregate, {++sequence, epoch, commit_of(id, expected)}});
  }

  std::uint64_t batches() {
    return shared().batches;
  }
};

std::vector<std::uint64_t> sequences(const heard& h) {
  std::vector<std::uint64_t> all;
  for (const auto& [sequence, how] : h.settled)
    all.push_back(sequence);
  return all;
}

using numbers = std::vector<std::uint64_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(producer_actor_tests, fixture)

CAF_TEST(the_first_append_goes_at_once_and_what_queues_during_the_flight_is_the_next_batch) {
  memory.hold_answers = true;
  memory.flights_max = 1;
  begin();
  append(first, "a", 0);
  settle();
  CAF_CHECK_EQUAL(batches(), 1u);
  for (std::uint64_t v = 1; v < 4; ++v) {
    append(first, "a", v);
    settle();
  }
  CAF_CHECK_EQUAL(batches(), 1u);
  CAF_CHECK(one.settled.empty());
  log().release(1);
  settle();
  CAF_CHECK_EQUAL(sequences(one), numbers{1});
  CAF_CHECK_EQUAL(batches(), 2u);
  log().release(1);
  settle();
  CAF_CHECK_EQUAL(sequences(one), (numbers{1, 2, 3, 4}));
  CAF_CHECK_EQUAL(one.settled_messages, 2u);
  CAF_CHECK_EQUAL(batches(), 2u);
  CAF_CHECK_EQUAL(log().held(), 0u);
}

CAF_TEST(what_is_in_the_mailbox_together_goes_together) {
  begin();
  for (std::uint64_t v = 0; v < 5; ++v)
    append(first, "a", v);
  settle();
  CAF_CHECK_EQUAL(batches(), 1u);
  CAF_CHECK_EQUAL(one.settled.size(), 5u);
  CAF_CHECK_EQUAL(shared().events.load(), 5u);
}

CAF_TEST(several_batches_are_in_flight_where_the_store_allows_it) {
  memory.hold_answers = true;
  memory.flights_max = 2;
  begin();
  for (std::uint64_t v = 0; v < 3; ++v) {
    append(first, "a", v);
    settle();
  }
  CAF_CHECK_EQUAL(batches(), 2u);
  CAF_CHECK_EQUAL(log().held(), 2u);
  log().release();
  settle();
  log().release();
  settle();
  CAF_CHECK_EQUAL(batches(), 3u);
  for (const auto& [number, how] : one.settled)
    CAF_CHECK(how.ended == status::committed);
  CAF_CHECK_EQUAL(sequences(one), (numbers{1, 2, 3}));
}

CAF_TEST(a_batch_holds_at_most_its_number_of_commands) {
  options.batch_commands_max = 2;
  begin();
  for (std::uint64_t v = 0; v < 5; ++v)
    append(first, "a", v);
  settle();
  CAF_CHECK_EQUAL(batches(), 3u);
  CAF_CHECK_EQUAL(one.settled.size(), 5u);
}

CAF_TEST(each_aggregate_is_told_of_its_own_and_neighbours_in_one_message) {
  begin();
  append(first, "a", 0);
  append(first, "a", 1);
  append(second, "b", 0);
  append(first, "a", 2);
  settle();
  CAF_CHECK_EQUAL(sequences(one), (numbers{1, 2, 4}));
  CAF_CHECK_EQUAL(one.settled_messages, 2u);
  CAF_CHECK_EQUAL(sequences(other), numbers{3});
}

CAF_TEST(before_its_term_everything_is_refused) {
  producer = sys.spawn<producer_actor>(home());
  append(first, "a", 0);
  settle();
  CAF_REQUIRE_EQUAL(one.settled.size(), 1u);
  CAF_CHECK(one.settled[0].second.ended == status::refused);
  CAF_CHECK(one.settled[0].second.failure.code == errc::restoring);
}

CAF_TEST(fenced_the_term_is_over_for_what_waits_and_for_what_comes) {
  memory.hold_answers = true;
  memory.flights_max = 1;
  begin();
  claim(2, 1);
  log().release();
  append(first, "a", 0);
  settle();
  append(second, "b", 0);
  settle();
  log().release();
  settle();
  CAF_REQUIRE_EQUAL(one.settled.size(), 1u);
  CAF_CHECK(one.settled[0].second.ended == status::fenced);
  CAF_REQUIRE_EQUAL(other.settled.size(), 1u);
  CAF_CHECK(other.settled[0].second.ended == status::fenced);
  append(second, "b", 0);
  settle();
  CAF_CHECK(other.settled.at(1).second.ended == status::fenced);
  CAF_REQUIRE_EQUAL(replay.ended.size(), 1u);
  CAF_CHECK(replay.ended[0].term == term{1});
  CAF_CHECK(replay.ended[0].why.code == errc::fenced);
  CAF_CHECK_EQUAL(batches(), 1u);
}

CAF_TEST(a_store_that_does_not_know_ends_the_term) {
  memory.hold_answers = true;
  memory.flights_max = 1;
  begin();
  order(log(), fault::lose_acknowledgement);
  append(first, "a", 0);
  settle();
  append(second, "b", 0);
  settle();
  log().release();
  settle();
  CAF_CHECK(one.settled.at(0).second.ended == status::unknown);
  CAF_CHECK(other.settled.at(0).second.ended == status::refused);
  CAF_CHECK(other.settled.at(0).second.failure.code == errc::unavailable);
  CAF_REQUIRE_EQUAL(replay.ended.size(), 1u);
  CAF_CHECK(replay.ended[0].why.code == errc::unavailable);
}

CAF_TEST(a_refusal_does_not_end_the_term) {
  begin();
  order(log(), fault::refuse);
  append(first, "a", 0);
  settle();
  append(second, "b", 0);
  settle();
  CAF_CHECK(one.settled.at(0).second.ended == status::refused);
  CAF_CHECK(other.settled.at(0).second.ended == status::committed);
  CAF_CHECK(replay.ended.empty());
}

CAF_TEST(deadlines_are_looked_at_every_100_ms_while_something_is_under_way) {
  memory.hold_answers = true;
  memory.flights_max = 1;
  begin();
  append(first, "a", 0);
  settle();
  append(first, "a", 1);
  append(second, "b", 0);
  settle();
  pass(ms{90});
  CAF_CHECK_EQUAL(one.sweeps + other.sweeps, 0u);
  pass(ms{20});
  CAF_CHECK_EQUAL(one.sweeps, 1u);
  CAF_CHECK_EQUAL(other.sweeps, 1u); // queued counts as under way
  pass(ms{100});
  CAF_CHECK_EQUAL(one.sweeps, 2u);
  log().release();
  settle();
  log().release();
  settle();
  pass(ms{300});
  CAF_CHECK_EQUAL(one.sweeps, 2u);
  CAF_CHECK(!sched.has_pending_timeout());
}

CAF_TEST(what_was_decided_before_the_term_is_not_appended) {
  begin();
  claim(2, 1);
  caf::send_as(owner, producer, term_begins{{2}, 1});
  settle();
  append(first, "a", 0);
  append(first, "b", 0, 1);
  settle();
  CAF_REQUIRE_EQUAL(one.settled.size(), 2u);
  CAF_CHECK(one.settled[0].second.ended == status::fenced);
  CAF_CHECK(one.settled[1].second.ended == status::committed);
}

CAF_TEST(everything_is_settled_when_the_last_flight_has_landed) {
  memory.hold_answers = true;
  begin();
  append(first, "a", 0);
  settle();
  caf::send_as(owner, producer, settle_all{});
  settle();
  CAF_CHECK_EQUAL(replay.all_settled, 0u);
  log().release();
  settle();
  CAF_CHECK_EQUAL(replay.all_settled, 1u);
  caf::send_as(owner, producer, settle_all{});
  settle();
  CAF_CHECK_EQUAL(replay.all_settled, 2u);
}

CAF_TEST_FIXTURE_SCOPE_END()
