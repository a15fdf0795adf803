// The whole loop in one thread: front door, aggregates, producer, replay, store, and the command
// actor.
#define CAF_SUITE loop

#include "actor/fixture.hpp"

using namespace cerk;
using strings = std::vector<std::string>;

namespace {

struct fixture : actor_fixture {
  std::shared_ptr<door> front;
  std::map<std::string, strings> answers;

  ~fixture() override {
    if (!front)
      return;
    log().release();
    settle();
    front->close();
    front = nullptr;
    settle();
  }

  void open() {
    const std::vector tables{bank::accounts.table(), bank::shops.table()};
    front = std::make_shared<door>(sys, log(), options, tables);
    front->open();
    settle();
    log().release(); // of the claim
    settle();
  }

  template <class Command>
  detail::prepared_command
  prepare(const std::string& id, const Command& command, send_options options_) {
    return {.id = id,
            .aggregate = front->find_type("account", typeid(bank::account)),
            .command_type = &typeid(Command),
            .payload = std::make_shared<const Command>(command),
            .options = std::move(options_)};
  }

  template <class Command>
  void send(const std::string& id, const Command& command, send_options options_ = {}) {
    front->send(prepare(id, command, std::move(options_)),
                [this, id](const outcome& answer) { answers[id].push_back(to_string(answer)); });
    settle();
  }
};

// Asks as any actor of a user would.
class asker : public caf::event_based_actor {
public:
  asker(caf::actor_config& config, caf::actor to, command_message what,
        std::vector<std::string>* answers)
    : caf::event_based_actor(config),
      to_(std::move(to)),
      what_(std::move(what)),
      answers_(answers) {
  }

  caf::behavior make_behavior() override {
    request(to_, caf::infinite, what_)
      .then([this](const outcome& answer) { answers_->push_back(to_string(answer)); },
            [this](const caf::error& e) { answers_->push_back(system().render(e)); });
    return {[](int) {}};
  }

private:
  caf::actor to_;
  command_message what_;
  std::vector<std::string>* answers_;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(loop_tests, fixture)

CAF_TEST(an_answer_comes_when_the_store_has_answered_and_not_before) {
  memory.hold_answers = true;
  open();
  send("a", bank::open{"Ada"});
  CAF_CHECK_EQUAL(log().held(), 1u);
  CAF_CHECK(answers.empty());
  log().release();
  settle();
  CAF_CHECK_EQUAL(answers["a"], strings{"accepted: a at version 1"});
}

CAF_TEST(while_restoring_commands_are_refused_at_once) {
  log().fail_reads(3);
  claim(50, 0);
  open();
  send("a", bank::open{"Ada"});
  CAF_CHECK_EQUAL(answers["a"],
                  strings{
                    "failed: restoring: partition 0 is being restored; nothing was appended"});
  pass(ms{500});
  send("a", bank::open{"Ada"});
  CAF_CHECK_EQUAL(answers["a"].at(1), "accepted: a at version 1");
}

CAF_TEST(at_its_deadline_a_command_is_answered_by_the_sweep) {
  memory.hold_answers = true;
  open();
  send("a", bank::open{"Ada"}, {.command_key = "k", .timeout = ms{250}});
  pass(ms{240});
  CAF_CHECK(answers.empty());
  pass(ms{110}); // answers come at most 100 ms later than due
  CAF_REQUIRE_EQUAL(answers["a"].size(), 1u);
  CAF_CHECK(answers["a"][0].starts_with("failed: unknown"));
  log().release();
  settle();
  CAF_CHECK_EQUAL(front->metrics().answers_late, 1u);
  send("a", bank::open{"Ada"}, {.command_key = "k"});
  CAF_CHECK_EQUAL(answers["a"].at(1), "accepted: a at version 1");
  CAF_CHECK_EQUAL(front->metrics().events_appended, 1u);
}

CAF_TEST(fenced_it_refuses_everything_and_still_shows_what_was) {
  open();
  send("a", bank::open{"Ada"});
  claim(99, 1);
  send("a", bank::deposit{1});
  CAF_CHECK(answers["a"].at(1).starts_with("failed: fenced"));
  send("a", bank::deposit{1});
  send("b", bank::open{"Eve"});
  CAF_CHECK(answers["a"].at(2).starts_with("failed: fenced"));
  CAF_CHECK(answers["b"].at(0).starts_with("failed: fenced"));
  CAF_CHECK_EQUAL(phases.back(), "fenced");
  std::string seen;
  front->get("a", [&](const result<json_snapshot>& shot) {
    seen = shot ? shot->state : to_string(shot.error());
  });
  settle();
  CAF_CHECK_EQUAL(seen, R"({"owner":"Ada","balance":0,"note":""})");
}

CAF_TEST(a_lost_acknowledgement_is_unknown_and_the_store_s_end) {
  open();
  order(log(), fault::lose_acknowledgement);
  send("a", bank::open{"Ada"});
  CAF_CHECK(answers["a"].at(0).starts_with("failed: unknown"));
  send("a", bank::open{"Ada"});
  CAF_CHECK(answers["a"].at(1).starts_with("failed: unavailable"));
  CAF_CHECK_EQUAL(phases.back(), "stopped");
  CAF_CHECK_EQUAL(front->metrics().commands_unknown, 1u);
}

CAF_TEST(bounds_refuse_early_and_free_places_are_used) {
  memory.hold_answers = true;
  options.commands_in_flight_max = 2;
  open();
  send("a", bank::open{"Ada"});
  send("b", bank::open{"Bob"});
  send("c", bank::open{"Cid"});
  CAF_CHECK_EQUAL(answers["c"].at(0),
                  "failed: overloaded: 2 commands are in flight (commands_in_flight_max)");
  while (log().release() > 0)
    settle();
  send("c", bank::open{"Cid"});
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(answers["c"].at(1), "accepted: c at version 1");
  CAF_CHECK_EQUAL(front->metrics().commands_overloaded, 1u);
  CAF_CHECK_EQUAL(front->metrics().commands_in_flight, 0u);
}

CAF_TEST(one_aggregate_cannot_take_every_place) {
  memory.hold_answers = true;
  options.commands_per_aggregate_max = 1;
  open();
  send("a", bank::open{"Ada"});
  send("a", bank::deposit{1});
  send("b", bank::open{"Bob"});
  CAF_CHECK_EQUAL(answers["a"].at(0),
                  "failed: overloaded: 1 commands of a are in flight (commands_per_aggregate_max)");
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(answers["b"].at(0), "accepted: b at version 1");
}

CAF_TEST(bytes_in_flight_are_bounded) {
  memory.hold_answers = true;
  options.bytes_in_flight_max = 2'000;
  open();
  send("a", bank::note{std::string(1'000, 'x')});
  send("b", bank::note{std::string(1'000, 'x')});
  CAF_CHECK_EQUAL(answers["b"].at(0),
                  "failed: overloaded: 2000 bytes are in flight (bytes_in_flight_max)");
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(front->metrics().bytes_in_flight, 0u);
}

CAF_TEST(a_closed_door_refuses_and_every_callback_has_been_called) {
  open();
  send("a", bank::open{"Ada"});
  CAF_CHECK_EQUAL(front->drain(), 0u);
  send("a", bank::deposit{1});
  CAF_CHECK(answers["a"].at(1).starts_with("failed: stopping"));
}

// -- the command actor ----------------------------------------------------------------------------

CAF_TEST(an_actor_s_request_is_answered_when_its_events_are_durable) {
  memory.hold_answers = true;
  open();
  strings told;
  auto first = sys.spawn<asker>(front->commands(),
                                front->message(prepare("a", bank::open{"Ada"}, {})), &told);
  settle();
  CAF_CHECK(told.empty());
  log().release();
  settle();
  CAF_CHECK_EQUAL(told, strings{"accepted: a at version 1"});
  detail::tell_to_stop(first);
}

CAF_TEST(a_request_that_cannot_be_sent_is_answered_at_once) {
  open();
  strings told;
  auto bad = sys.spawn<asker>(front->commands(),
                              front->message(prepare("no id", bank::open{"Ada"}, {})), &told);
  settle();
  CAF_REQUIRE_EQUAL(told.size(), 1u);
  CAF_CHECK(told[0].starts_with("failed: bad_id"));
  detail::tell_to_stop(bad);
}

CAF_TEST(requests_of_many_actors_get_their_own_answers) {
  open();
  strings told;
  std::vector<caf::actor> askers;
  for (std::string id : {"a", "b", "c"})
    askers.push_back(
      sys.spawn<asker>(front->commands(), front->message(prepare(id, bank::open{id}, {})), &told));
  settle();
  std::sort(told.begin(), told.end());
  CAF_CHECK_EQUAL(told, (strings{"accepted: a at version 1", "accepted: b at version 1",
                                 "accepted: c at version 1"}));
  for (const auto& each : askers)
    detail::tell_to_stop(each);
}

CAF_TEST_FIXTURE_SCOPE_END()
