// The whole loop in one thread: front door, aggregates, producer, replay, store, and the command
// actor.
#define CAF_SUITE loop

#include <cerk/log.hpp>

#include <random>
#include <set>

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
  prepare(const std::string& id, const Command& command, send_options how) {
    return {.id = id,
            .aggregate = front->find_type("account", typeid(bank::account)),
            .command_type = &typeid(Command),
            .payload = std::make_shared<const Command>(command),
            .options = std::move(how)};
  }

  template <class Command>
  void send(const std::string& id, const Command& command, send_options how = {}) {
    front->send(prepare(id, command, std::move(how)),
                [this, id](const outcome& answer) { answers[id].push_back(to_string(answer)); });
    settle();
  }

  std::string look(const std::string& id) {
    std::string seen;
    front->get(id, [&](const result<json_snapshot>& shot) {
      seen = shot ? shot->id + '@' + std::to_string(shot->version.value) + ' ' + shot->state
                  : to_string(shot.error());
    });
    settle();
    return seen;
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

CAF_TEST(a_strict_read_shows_that_nobody_else_wrote_or_says_so) {
  memory.hold_answers = true;
  open();
  send("a", bank::open{"Ada"});
  log().release();
  settle();
  std::vector<std::string> seen;
  const auto read = [&] {
    front->get("a",
               [&](const result<json_snapshot>& shot) {
                 seen.push_back(shot ? "version " + std::to_string(shot->version.value)
                                     : to_string(shot.error()));
               },
               {.strict = true});
    settle();
  };
  read();
  read();
  read();
  CAF_CHECK(seen.empty());
  CAF_CHECK_EQUAL(log().held(), 1u); // one no-op under way,
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(seen.size(), 3u);
  CAF_CHECK_EQUAL(seen.back(), "version 1");
  std::size_t no_ops = 0;
  scan_log(log(), {0}, [&](const log_entry& entry) {
    no_ops += entry.kind == record_kind::noop ? 1 : 0;
    return true;
  }).value();
  CAF_CHECK_EQUAL(no_ops, 2u); // and one for those who came meanwhile
  claim(99, 1);
  write(99, commit_of("a", 1, {"theirs"}));
  CAF_CHECK_EQUAL(look("a"), R"(a@1 {"owner":"Ada","balance":0,"note":""})"); // behind
  read();
  while (log().release() > 0)
    settle();
  CAF_CHECK(seen.back().starts_with("fenced"));
  read();
  CAF_CHECK(seen.back().starts_with("fenced"));
  CAF_CHECK_EQUAL(front->metrics().commands_in_flight, 0u);
}

CAF_TEST(a_strict_read_of_an_id_that_no_record_can_have_is_refused) {
  open();
  for (const std::string id : {"\xff", "", "a b"}) {
    std::string seen;
    front->get(id, [&](const result<json_snapshot>& shot) { seen = to_string(shot.error()); },
               {.strict = true});
    settle();
    CAF_CHECK(seen.starts_with("bad_id"));
  }
  CAF_CHECK_EQUAL(front->metrics().commands_in_flight, 0u);
}

CAF_TEST(a_strict_read_that_the_log_does_not_answer_ends_at_its_timeout) {
  memory.hold_answers = true;
  open();
  std::string seen;
  front->get("a", [&](const result<json_snapshot>& shot) { seen = to_string(shot.error()); },
             {.strict = true, .timeout = ms{250}});
  settle();
  pass(ms{240});
  CAF_CHECK(seen.empty());
  pass(ms{110});
  CAF_CHECK(seen.starts_with("unavailable"));
}

CAF_TEST(a_strict_rejection_is_the_same_for_the_next_owner) {
  open();
  send("a", bank::deposit{1}, {.command_key = "k", .strict = true});
  CAF_CHECK_EQUAL(answers["a"].at(0),
                  "rejected: no_account (id): there is no account with this id");
  send("a", bank::open{"Ada"});
  front->close();
  settle();
  open();
  send("a", bank::deposit{1}, {.command_key = "k", .strict = true});
  CAF_CHECK_EQUAL(answers["a"].back(), answers["a"].front());
  send("a", bank::deposit{1}, {.command_key = "other"});
  CAF_CHECK_EQUAL(answers["a"].back(), "accepted: a at version 2");
}

CAF_TEST(told_to_take_over_it_reads_what_others_wrote_and_serves_again) {
  open();
  send("a", bank::open{"Ada"}, {.command_key = "first"});
  claim(99, 1);
  write(99, commit_of("a", 1, {"theirs"}));
  write(99, commit_of("z", 0, {"new"}));
  send("a", bank::deposit{1});
  CAF_CHECK(answers["a"].at(1).starts_with("failed: fenced"));
  pass(ms{60'000}, ms{1'000});
  CAF_CHECK_EQUAL(phases.back(), "fenced"); // on_fenced::stay
  front->take_over();
  settle();
  CAF_CHECK_EQUAL(phases.back(), "serving");
  CAF_CHECK_EQUAL(look("a"), R"(a@2 {"owner":"Ada","balance":0,"note":"theirs"})");
  CAF_CHECK_EQUAL(look("z"), R"(z@1 {"owner":"","balance":0,"note":"new"})");
  send("a", bank::deposit{1});
  send("z", bank::note{"known"});
  send("a", bank::open{"Ada"}, {.command_key = "first"});
  CAF_CHECK_EQUAL(answers["a"].at(2), "accepted: a at version 3");
  CAF_CHECK_EQUAL(answers["z"].at(0), "accepted: z at version 2");
  CAF_CHECK_EQUAL(answers["a"].at(3), "accepted: a at version 1");
  CAF_CHECK_EQUAL(front->metrics().fences, 1u);
}

CAF_TEST(what_was_under_way_when_it_was_fenced_never_takes_effect_later) {
  memory.hold_answers = true;
  open();
  send("a", bank::open{"Ada"}, {.command_key = "k"});
  claim(99, 1);
  write(99, commit_of("a", 0, {"theirs"})); // their first version: ours was written before
  send("b", bank::open{"Bob"});
  send("b", bank::deposit{5}, {.command_key = "d"});
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(answers["a"].at(0), "accepted: a at version 1");
  CAF_CHECK(answers["b"].at(0).starts_with("failed: fenced"));
  CAF_CHECK(answers["b"].at(1).starts_with("failed: fenced"));
  front->take_over();
  settle();
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(phases.back(), "serving");
  send("b", bank::open{"Bob"});
  while (log().release() > 0)
    settle();
  CAF_CHECK_EQUAL(answers["b"].at(2), "accepted: b at version 1");
}

CAF_TEST(a_store_that_stopped_is_taken_over_and_the_unknown_becomes_known) {
  open();
  order(log(), fault::lose_acknowledgement);
  send("a", bank::open{"Ada"}, {.command_key = "k"});
  CAF_CHECK(answers["a"].at(0).starts_with("failed: unknown"));
  CAF_CHECK_EQUAL(phases.back(), "stopped");
  front->take_over();
  settle();
  CAF_CHECK_EQUAL(phases.back(), "serving");
  send("a", bank::open{"Ada"}, {.command_key = "k"});
  CAF_CHECK_EQUAL(answers["a"].at(1), "accepted: a at version 1");
  CAF_CHECK_EQUAL(front->metrics().events_appended, 0u);
}

CAF_TEST(a_repository_that_closes_in_the_middle_of_a_takeover_ends) {
  const auto idle = sys.registry().running();
  const auto records = [this] { return log().read({0}, {0}).value()->end(); };
  std::uint64_t theirs = 1'000'000;
  std::set<std::string> closed_in;
  for (int jobs = 0; jobs < 100 && !closed_in.contains("serving"); ++jobs) {
    open();
    claim(++theirs, randoms); // the last one drawn is the claim's id
    send("a", bank::note{"void"});
    CAF_REQUIRE_EQUAL(phases.back(), "fenced");
    front->take_over();
    for (int i = 0; i < jobs; ++i)
      sched.try_run_once();
    const auto phase = phases.back();
    const auto end = records();
    closed_in.insert(phase);
    front->close();
    settle();
    CAF_CHECK_EQUAL(phases.back(), phase);
    CAF_CHECK(records() == end);
    front = nullptr;
    settle();
    CAF_CHECK_EQUAL(sys.registry().running(), idle);
  }
  CAF_CHECK_EQUAL(closed_in, (std::set<std::string>{"claiming", "fenced", "reading", "serving"}));
}

CAF_TEST(while_it_drains_nothing_is_taken_over) {
  open();
  claim(99, 1);
  send("a", bank::open{"Ada"});
  CAF_REQUIRE_EQUAL(phases.back(), "fenced");
  CAF_CHECK_EQUAL(front->drain(), 0u);
  front->take_over();
  settle();
  CAF_CHECK_EQUAL(phases.back(), "fenced");
}

CAF_TEST(a_takeover_that_cannot_read_leaves_the_partition_as_it_was) {
  open();
  send("a", bank::open{"Ada"});
  claim(99, 1);
  send("a", bank::deposit{1});
  log().fail_reads(SIZE_MAX);
  front->take_over();
  settle();
  CAF_CHECK_EQUAL(phases.back(), "reading");
  send("a", bank::deposit{1});
  CAF_CHECK(answers["a"].at(2).starts_with("failed: restoring"));
  CAF_CHECK_EQUAL(look("a"), R"(a@1 {"owner":"Ada","balance":0,"note":""})");
  pass(ms{31'000}, ms{100});
  CAF_CHECK_EQUAL(phases.back(), "fenced");
  log().fail_reads(0);
  front->take_over();
  settle();
  send("a", bank::deposit{1});
  CAF_CHECK_EQUAL(answers["a"].at(3), "accepted: a at version 2");
}

CAF_TEST(with_reclaim_it_takes_over_by_itself_and_ever_later_from_one_who_does_the_same) {
  options.on_fenced = on_fenced::reclaim;
  options.environment.random = [chance = std::mt19937_64{7}]() mutable { return chance(); };
  const auto began = now();
  std::uint64_t theirs = 1'000;
  std::uint64_t terms = 0;
  on_phase = [&](const std::string& phase) {
    if (phase != "serving")
      return;
    ++terms;
    // As soon as it serves, the other one claims.
    term last;
    scan_log(log(), {0}, [&](const log_entry& entry) {
      if (entry.is_claim && entry.effective)
        last = entry.term;
      return true;
    }).value();
    if (now() - began < std::chrono::seconds{60})
      claim(++theirs, last.value);
  };
  open();
  const auto ticks = [&](std::chrono::seconds time) {
    for (ms passed{0}; passed < time; passed += ms{100}) {
      send("a", bank::note{"x"});
      pass(ms{100}, ms{50});
    }
  };
  ticks(std::chrono::seconds{60});
  CAF_CHECK(terms >= 5u);
  CAF_CHECK(terms <= 20u); // 600 without the damping
  CAF_CHECK_EQUAL(front->metrics().events_appended, 0u);
  ticks(std::chrono::seconds{31}); // the longest delay, and nobody else claims any more
  CAF_CHECK_EQUAL(phases.back(), "serving");
  CAF_CHECK(front->metrics().events_appended > 0);
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
