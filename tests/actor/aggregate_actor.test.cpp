// The mailbox around one aggregate: places, answers, queries, and an end without a trace.
#define CAF_SUITE aggregate_actor

#include "actor/fixture.hpp"

using namespace cerk;

namespace {

struct fixture : actor_fixture {
  heard to_log;
  caf::actor producer = sys.spawn<listener>(&to_log);
  std::vector<std::string> answers;

  ~fixture() override {
    stop(producer);
  }

  template <class Command>
  void send(const Command& command, ms timeout = ms{10'000}) {
    home()->producer = producer;
    home()->set_phase(restore_progress::phase::serving);
    auto envelope = std::make_shared<command_envelope>();
    envelope->aggregate = &shared().types.aggregates()[0];
    for (const auto& known : envelope->aggregate->commands)
      if (*known.functions.type == typeid(Command))
        envelope->command = &known;
    envelope->id = "a";
    envelope->payload = std::make_shared<const Command>(command);
    envelope->command_id = {{static_cast<std::uint8_t>(++sent)}};
    envelope->deadline = now() + timeout;
    envelope->bytes = 100;
    envelope->done = [this](outcome answer) { answers.push_back(to_string(answer)); };
    CAF_REQUIRE(!shared().admit(envelope->bytes));
    detail::tell_from_outside(home()->hold_or_make("a")->actor, command_ptr{envelope});
    settle();
  }

  void settled(std::size_t append, commit_result how) {
    const auto& message = to_log.appends.at(append);
    detail::tell_from_outside(message.aggregate,
                              appends_settled{{{message.request.sequence, std::move(how)}}});
    settle();
  }

  // What a query sees; "none" if there is no such aggregate.
  std::string look() {
    std::string seen = "none";
    if (auto* slot = home()->hold("a")) {
      shared().callbacks_due.fetch_add(1);
      detail::tell_from_outside(
        slot->actor, query_ptr{std::make_shared<const std::function<void(const aggregate_core&)>>(
                       [&](const aggregate_core& core) {
                         seen = core.id() + '@' + std::to_string(core.committed_version().value);
                       })});
      settle();
    }
    return seen;
  }

  int sent = 0;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(aggregate_actor_tests, fixture)

CAF_TEST(a_command_goes_to_the_producer_and_its_answer_to_the_sender) {
  send(bank::open{"Ada"});
  CAF_REQUIRE_EQUAL(to_log.appends.size(), 1u);
  CAF_CHECK(answers.empty());
  CAF_CHECK_EQUAL(shared().commands_in_flight.load(), 1u);
  CAF_CHECK_EQUAL(look(), "a@0");
  settled(0, {.ended = status::committed, .last = {7}});
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK_EQUAL(answers[0], "accepted: a at version 1");
  CAF_CHECK_EQUAL(look(), "a@1");
  CAF_CHECK_EQUAL(shared().accepted.load(), 1u);
}

CAF_TEST(every_place_is_given_back) {
  send(bank::open{"Ada"});
  send(bank::deposit{5});
  send(bank::deposit{-9});
  CAF_CHECK_EQUAL(shared().bytes_in_flight.load(), 300u);
  settled(0, {.ended = status::committed});
  settled(1, {.ended = status::committed});
  CAF_CHECK_EQUAL(answers.size(), 3u);
  CAF_CHECK(shared().is_drained());
  CAF_CHECK_EQUAL(shared().bytes_in_flight.load(), 0u);
  auto* slot = home()->hold("a");
  CAF_REQUIRE(slot != nullptr);
  CAF_CHECK_EQUAL(slot->pending.load(), 1u); // our own
  partition::let_go(*slot);
}

CAF_TEST(an_aggregate_that_never_was_leaves_no_trace) {
  send(bank::deposit{5});
  CAF_CHECK_EQUAL(answers.at(0), "rejected: no_account (id): there is no account with this id");
  CAF_CHECK_EQUAL(home()->size(), 0u);
  CAF_CHECK_EQUAL(look(), "none");
  CAF_CHECK(shared().is_drained());
}

CAF_TEST(at_the_deadline_a_sweep_answers_unknown) {
  send(bank::open{"Ada"}, ms{100});
  const auto aggregate = to_log.appends.at(0).aggregate;
  advance_time(ms{99});
  detail::tell_from_outside(aggregate, sweep_deadlines{});
  settle();
  CAF_CHECK(answers.empty());
  advance_time(ms{1});
  detail::tell_from_outside(aggregate, sweep_deadlines{});
  settle();
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].starts_with("failed: unknown"));
  CAF_CHECK_EQUAL(shared().commands_in_flight.load(), 1u); // the log may take it yet
  settled(0, {.ended = status::committed});
  CAF_CHECK_EQUAL(answers.size(), 1u);
  CAF_CHECK_EQUAL(shared().late.load(), 1u);
  CAF_CHECK_EQUAL(shared().commands_in_flight.load(), 0u);
  CAF_CHECK_EQUAL(look(), "a@1");
}

CAF_TEST(abandoned_it_answers_everything_and_gives_all_places_back) {
  send(bank::open{"Ada"});
  send(bank::deposit{-1});
  detail::tell_from_outside(to_log.appends.at(0).aggregate, abandon_all{});
  settle();
  CAF_REQUIRE_EQUAL(answers.size(), 2u);
  CAF_CHECK(answers[0].starts_with("failed: unknown"));
  CAF_CHECK(answers[1].starts_with("failed: stopping"));
  CAF_CHECK(shared().is_drained());
}

CAF_TEST(a_slice_is_folded_and_a_bad_event_is_counted_once) {
  auto batch = std::make_shared<record_batch>();
  const auto good = event_value("a", "Opened", 0, {1}, R"("owner":"Ada")");
  const auto bad = event_value("a", "Deposited", 0, {2}, R"("amount":"x")");
  for (const auto& value : {good, bad, bad})
    batch->add({static_cast<std::int64_t>(batch->records().size())}, 0, "a", value, {}, {});
  auto window = std::make_shared<replay_window>();
  for (const auto& record : batch->records())
    window->records.push_back(&record);
  window->batches.push_back(batch);
  const auto deal = [&](std::uint32_t begin, std::uint32_t end) {
    const std::vector<replay_share::part> parts{
      {&home()->restoring("a", hash_of_key("a")).slot, begin, end}};
    home()->for_each_actor(parts, [&](const auto&, const caf::actor& aggregate) {
      aggregate_actor::of(aggregate).restore(*window, begin, end);
    });
    settle();
  };
  deal(0, 1);
  CAF_CHECK_EQUAL(look(), "a@1");
  deal(1, 3);
  CAF_CHECK_EQUAL(home()->quarantined.load(), 1u);
  send(bank::deposit{5});
  CAF_CHECK(answers.at(0).starts_with("failed: quarantined: the event at offset 1"));
}

CAF_TEST_FIXTURE_SCOPE_END()
