// Who asks whether the partition is still ours is answered by the log, or told why not.
#define CAF_SUITE proof_actor

#include "proof_actor.hpp"

#include "actor/fixture.hpp"

using namespace cerk;
using strings = std::vector<std::string>;

namespace {

struct fixture : actor_fixture {
  heard to_log;
  caf::actor producer = sys.spawn<listener>(&to_log);
  caf::actor prover;
  strings answers;

  ~fixture() override {
    stop(prover, producer);
  }

  void begin(restore_progress::phase now) {
    home()->producer = producer;
    home()->set_phase(now);
    prover = sys.spawn<proof_actor>(home());
  }

  void ask() {
    detail::tell_from_outside(
      prover, proof_request_ptr{std::make_shared<const proof_request>(
                proof_request{"a", now() + ms{1'000}, [this](const std::optional<error>& why) {
                                answers.push_back(why ? to_string(*why) : "ours");
                              }})});
    settle();
  }

  void log_says(commit_result how) {
    detail::tell_from_outside(
      prover, appends_settled{{{to_log.appends.back().request.sequence, std::move(how)}}});
    settle();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(proof_actor_tests, fixture)

CAF_TEST(a_no_op_in_effect_answers_those_who_asked_before_it) {
  begin(restore_progress::phase::serving);
  ask();
  CAF_REQUIRE_EQUAL(to_log.appends.size(), 1u);
  CAF_CHECK(to_log.appends[0].request.commit->kind == record_kind::noop);
  ask();
  CAF_CHECK(answers.empty());
  log_says({.ended = status::committed});
  CAF_CHECK_EQUAL(answers, strings{"ours"});
  CAF_CHECK_EQUAL(to_log.appends.size(), 2u);
}

CAF_TEST(a_no_op_that_is_unknown_or_refused_proves_nothing) {
  begin(restore_progress::phase::serving);
  for (const auto how : {status::unknown, status::refused}) {
    ask();
    log_says({.ended = how, .failure = {errc::unknown, "gone"}});
    CAF_CHECK(answers.back().starts_with("unavailable"));
    CAF_CHECK(answers.back().ends_with("gone"));
  }
}

CAF_TEST(where_the_partition_does_not_serve_the_reason_is_the_answer) {
  begin(restore_progress::phase::reading);
  ask();
  CAF_REQUIRE_EQUAL(answers.size(), 1u);
  CAF_CHECK(answers[0].starts_with("restoring"));
  CAF_CHECK(to_log.appends.empty());
}

CAF_TEST(closing_answers_whoever_waits) {
  begin(restore_progress::phase::serving);
  ask();
  ask();
  detail::tell_from_outside(prover, abandon_all{});
  settle();
  CAF_REQUIRE_EQUAL(answers.size(), 2u);
  for (const auto& each : answers)
    CAF_CHECK(each.starts_with("stopping"));
}

CAF_TEST_FIXTURE_SCOPE_END()
