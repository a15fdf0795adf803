// Scenarios of one aggregate: deciding ahead of the log, and what the log may say about it.
#define CAF_SUITE aggregate_core

#include "core_scene.hpp"
#include "support/property.hpp"

using namespace bank;
using cerk::errc;
using strings = std::vector<std::string>;

namespace {

struct fixture : core_scene {};

} // namespace

CAF_TEST_FIXTURE_SCOPE(aggregate_core_tests, fixture)

// -- accepted -------------------------------------------------------------------------------------

CAF_TEST(a_command_is_answered_when_its_events_are_durable_and_not_before) {
  take("k", open{"Ada"});
  CAF_REQUIRE_EQUAL(appends.size(), 1u);
  CAF_CHECK_EQUAL(answer("k"), "none");
  CAF_CHECK_EQUAL(version(), 0u);
  CAF_CHECK(!core.is_idle());
  committed(0);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 1");
  CAF_CHECK_EQUAL(version(), 1u);
  CAF_CHECK_EQUAL(state().owner, "Ada");
  CAF_CHECK_EQUAL(core.type()->name, "account");
  CAF_CHECK(core.is_idle());
  CAF_CHECK_EQUAL(released["k"], 1);
}

CAF_TEST(an_append_carries_everything_the_log_needs) {
  take("k", open{"Ada"},
       {.correlation_id = "trace-1", .metadata = {{"user", "root"}, {"via", "test"}}});
  const auto& commit = *appends[0].commit;
  CAF_CHECK_EQUAL(commit.aggregate_id, "a");
  CAF_CHECK(commit.expected_version == cerk::version{0});
  CAF_CHECK(commit.command_id == cerk::command_id::from_key("k"));
  CAF_CHECK(commit.digest != 0);
  CAF_REQUIRE_EQUAL(commit.events.size(), 1u);
  CAF_CHECK_EQUAL(commit.events[0],
                  R"({"id":"a","type":"Opened","create_time":"2026-11-23T00:00:00.000Z",)"
                  R"("version":1,"owner":"Ada"})");
  const std::vector<std::pair<std::string, std::string>> headers{{"correlation_id", "trace-1"},
                                                                 {"user", "root"},
                                                                 {"via", "test"}};
  CAF_CHECK(commit.headers == headers);
}

CAF_TEST(a_receipt_names_version_place_and_events) {
  open_with(0);
  take("k", deposit_all{{1, 2, 3}});
  CAF_REQUIRE_EQUAL(appends.back().commit->events.size(), 3u);
  committed(1);
  const auto& r = receipt("k");
  CAF_CHECK_EQUAL(r.id, "a");
  CAF_CHECK(r.version == cerk::version{4});
  CAF_CHECK(r.offset == cerk::offset{103});
  CAF_CHECK(r.command_id == cerk::command_id::from_key("k"));
  CAF_CHECK_EQUAL(r.event_ids().size(), 3u);
  CAF_CHECK_EQUAL(state().balance, 6);
  CAF_CHECK(core.committed_offset() == cerk::offset{103});
}

CAF_TEST(commands_are_decided_on_what_is_under_way) {
  open_with(0);
  take("in", deposit{10});
  take("out", deposit{-7});
  take("more", deposit{-3});
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  CAF_CHECK(appends[2].commit->expected_version == cerk::version{2});
  CAF_CHECK(appends[3].commit->expected_version == cerk::version{3});
  CAF_CHECK_EQUAL(state().balance, 0);
  committed(1);
  CAF_CHECK_EQUAL(state().balance, 10);
  CAF_CHECK_EQUAL(answer("in"), "accepted: a at version 2");
  CAF_CHECK_EQUAL(answer("out"), "none");
  committed(2);
  CAF_CHECK_EQUAL(state().balance, 3);
  committed(3);
  CAF_CHECK_EQUAL(state().balance, 0);
  CAF_CHECK_EQUAL(order, (strings{"opening", "in", "out", "more"}));
}

CAF_TEST(answers_keep_their_order_when_results_do_not) {
  open_with(10);
  take("1", deposit{1});
  take("2", deposit{2});
  take("3", deposit{3});
  committed(4);
  committed(3);
  CAF_CHECK_EQUAL(answer("2"), "none");
  CAF_CHECK_EQUAL(version(), 2u);
  committed(2);
  CAF_CHECK_EQUAL(order, (strings{"opening", "first deposit", "1", "2", "3"}));
  CAF_CHECK_EQUAL(state().balance, 16);
}

CAF_TEST(the_context_tells_what_is_fixed_about_a_command) {
  open_with(0);
  take("k", note_context{}, {.correlation_id = "c", .metadata = {{"m", "1"}}});
  committed(1);
  CAF_CHECK_EQUAL(state().note, "a@1 " + to_string(cerk::command_id::from_key("k")) + " c m=1");
}

// -- rejected and unchanged -----------------------------------------------------------------------

CAF_TEST(a_rejection_on_durable_ground_is_answered_at_once) {
  take("k", deposit{1});
  CAF_CHECK_EQUAL(answer("k"), "rejected: no_account (id): there is no account with this id");
  CAF_CHECK(appends.empty());
  CAF_CHECK(core.is_blank());
  CAF_CHECK_EQUAL(released["k"], 1);
}

CAF_TEST(a_rejection_waits_for_its_ground) {
  open_with(5);
  take("out", deposit{-5});
  take("more", deposit{-1});
  CAF_CHECK_EQUAL(answer("more"), "none");
  committed(2);
  CAF_CHECK_EQUAL(answer("more"), "rejected: overdrawn (amount): the balance is 0");
  CAF_CHECK(answers["more"][0].get_rejection()->actual == cerk::version{3});
}

CAF_TEST(a_rejection_whose_ground_is_void_is_decided_again) {
  open_with(5);
  take("out", deposit{-5});
  take("more", deposit{-1});
  refused(2);
  CAF_CHECK_EQUAL(answer("out"), "failed: unavailable: disk full");
  CAF_CHECK_EQUAL(answer("more"), "none");
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  committed(3);
  CAF_CHECK_EQUAL(answer("more"), "accepted: a at version 3");
  CAF_CHECK_EQUAL(state().balance, 4);
}

CAF_TEST(unchanged_is_accepted_at_the_version_it_saw_and_leaves_no_event) {
  open_with(5);
  take("same", deposit{0});
  CAF_CHECK_EQUAL(answer("same"), "accepted: a at version 2");
  CAF_CHECK_EQUAL(receipt("same").event_count, 0u);
  take("in", deposit{1});
  take("same again", deposit{0});
  CAF_CHECK_EQUAL(answer("same again"), "none");
  committed(2);
  CAF_CHECK_EQUAL(answer("same again"), "accepted: a at version 3");
  CAF_CHECK(receipt("same again").offset == receipt("in").offset);
}

// -- expected versions ----------------------------------------------------------------------------

CAF_TEST(an_expected_version_that_holds_is_no_matter) {
  open_with(5);
  take("k", deposit{1}, {.expected = cerk::version{2}});
  take("l", deposit{1}, {.expected = cerk::version{3}}); // the one that is under way
  committed(2);
  committed(3);
  CAF_CHECK_EQUAL(answer("l"), "accepted: a at version 4");
}

CAF_TEST(an_expected_version_that_does_not_hold_is_a_conflict_with_the_actual_one) {
  open_with(5);
  take("k", deposit{1}, {.expected = cerk::version{1}});
  CAF_CHECK_EQUAL(answer("k"), "rejected: conflict, the aggregate is at version 2");
  take("new", deposit{1}, {.expected = cerk::version{0}});
  CAF_CHECK_EQUAL(answer("new"), "rejected: conflict, the aggregate is at version 2");
}

CAF_TEST(a_conflict_waits_for_its_ground_and_is_looked_at_again_if_that_is_void) {
  open_with(5);
  take("in", deposit{1});
  take("waits", deposit{1}, {.expected = cerk::version{2}});
  CAF_CHECK_EQUAL(answer("waits"), "none");
  refused(2);
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  committed(3);
  CAF_CHECK_EQUAL(answer("waits"), "accepted: a at version 3");
}

// -- the same command again -----------------------------------------------------------------------

CAF_TEST(a_retry_of_a_durable_command_gets_the_first_receipt) {
  open_with(5);
  take("k", deposit{1});
  committed(2);
  take("other", deposit{1});
  committed(3);
  take("k", deposit{1});
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 3 / accepted: a at version 3");
  CAF_CHECK(answers["k"][0].get_receipt()[0] == answers["k"][1].get_receipt()[0]);
  CAF_CHECK_EQUAL(appends.size(), 4u);
}

CAF_TEST(a_retry_of_a_command_in_flight_joins_it) {
  open_with(5);
  take("k", deposit{1});
  take("k", deposit{1});
  CAF_CHECK_EQUAL(appends.size(), 3u);
  CAF_CHECK_EQUAL(answer("k"), "none");
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 3 / accepted: a at version 3");
  CAF_CHECK_EQUAL(state().balance, 6);
  CAF_CHECK_EQUAL(released["k"], 2);
}

CAF_TEST(a_used_id_with_another_payload_is_refused) {
  open_with(5);
  take("k", deposit{1});
  take("k", deposit{2}); // in flight
  committed(2);
  take("k", note{"1"}); // durable
  CAF_REQUIRE_EQUAL(answers["k"].size(), 3u);
  CAF_CHECK(answers["k"][1].get_failure()->code == errc::command_id_reused);
  CAF_CHECK(answers["k"][2].get_failure()->code == errc::command_id_reused);
  CAF_CHECK_EQUAL(appends.size(), 3u);
}

CAF_TEST(rejected_and_unchanged_commands_are_not_remembered) {
  open_with(5);
  take("k", deposit{-9});
  take("l", deposit{0});
  take("in", deposit{5});
  committed(2);
  take("k", deposit{-9});
  CAF_CHECK_EQUAL(appends.size(), 4u);
  committed(3);
  CAF_CHECK_EQUAL(receipt("k").version.value, 4u);
  take("l", note{"x"});
  CAF_CHECK_EQUAL(appends.size(), 5u);
}

CAF_TEST(a_strict_rejection_waits_for_a_record_behind_it_and_is_remembered) {
  open_with(5);
  const auto before = state();
  take("k", deposit{-9}, {.strict = true});
  CAF_REQUIRE_EQUAL(appends.size(), 3u);
  CAF_CHECK(appends[2].commit->kind == cerk::record_kind::outcome);
  CAF_CHECK_EQUAL(answer("k"), "none");
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "rejected: overdrawn (amount): the balance is 5");
  CAF_CHECK_EQUAL(version(), 2u);
  CAF_CHECK(state().balance == before.balance);
  // Whatever comes between, the same id gets the same answer.
  take("in", deposit{50});
  committed(3);
  take("k", deposit{-9});
  CAF_CHECK_EQUAL(appends.size(), 4u);
  CAF_CHECK_EQUAL(answers["k"].size(), 2u);
  CAF_CHECK_EQUAL(to_string(answers["k"][1]), to_string(answers["k"][0]));
  take("k", deposit{-8});
  CAF_REQUIRE(answers["k"][2].get_failure() != nullptr);
  CAF_CHECK(answers["k"][2].get_failure()->code == cerk::errc::command_id_reused);
}

CAF_TEST(a_strict_rejection_without_a_key_is_proven_and_not_remembered) {
  open_with(5);
  take("k", deposit{-9}, {.strict = true, .has_key = false});
  CAF_REQUIRE_EQUAL(appends.size(), 3u);
  CAF_CHECK(appends[2].commit->kind == cerk::record_kind::noop);
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "rejected: overdrawn (amount): the balance is 5");
}

CAF_TEST(a_strict_conflict_is_remembered_with_its_version) {
  open_with(5);
  take("k", deposit{1}, {.expected = cerk::version{7}, .strict = true});
  CAF_CHECK_EQUAL(answer("k"), "none");
  committed(2);
  take("k", deposit{1}, {.expected = cerk::version{7}, .strict = true});
  for (const auto& each : answers["k"]) {
    CAF_REQUIRE(each.get_rejection() != nullptr);
    CAF_CHECK(each.get_rejection()->conflict);
    CAF_CHECK_EQUAL(each.get_rejection()->actual.value, 2u);
  }
  CAF_CHECK_EQUAL(answers["k"].size(), 2u);
}

CAF_TEST(a_strict_command_that_changes_nothing_waits_for_a_no_op) {
  open_with(5);
  take("k", deposit{0}, {.strict = true});
  take("in", deposit{1});
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  CAF_CHECK(appends[2].commit->kind == cerk::record_kind::noop);
  CAF_CHECK(appends[2].commit->command_id.is_nil());
  CAF_CHECK_EQUAL(appends[3].commit->expected_version.value, 2u);
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 2");
  committed(3);
  CAF_CHECK_EQUAL(version(), 3u);
  CAF_CHECK_EQUAL(state().balance, 6);
}

CAF_TEST(what_changes_nothing_is_proven_each_time_though_the_command_id_is_the_same) {
  open_with(5);
  take("k", deposit{0}, {.strict = true});
  take("k", deposit{0}, {.strict = true});
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  committed(2);
  committed(3);
  CAF_REQUIRE_EQUAL(answers["k"].size(), 2u);
  for (const auto& each : answers["k"])
    CAF_CHECK_EQUAL(to_string(each), "accepted: a at version 2");
}

CAF_TEST(a_strict_rejection_on_a_state_that_turned_void_is_decided_again) {
  open_with(5);
  take("out", deposit{-4});
  take("k", deposit{-3}, {.strict = true});
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  refused(2);
  conflict(3, 2); // decided on what is void
  CAF_CHECK_EQUAL(appends.size(), 5u);
  CAF_CHECK(appends[4].commit->kind == cerk::record_kind::event);
  committed(4);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 3");
}

CAF_TEST(a_no_op_that_took_effect_behind_what_is_void_answers_nothing) {
  open_with(5);
  take("out", deposit{-5});
  take("k", deposit{0}, {.strict = true});
  refused(2);
  committed(3);
  CAF_REQUIRE_EQUAL(appends.size(), 5u); // decided again, and proven again
  CAF_CHECK_EQUAL(answer("k"), "none");
  committed(4);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 2");
}

CAF_TEST(a_proof_that_was_refused_voids_nothing_behind_it) {
  open_with(5);
  take("k", deposit{-9}, {.strict = true});
  take("in", deposit{1});
  take("none", deposit{0}, {.strict = true});
  take("more", deposit{2});
  CAF_REQUIRE_EQUAL(appends.size(), 6u);
  refused(2);
  take("meanwhile", deposit{3});
  CAF_REQUIRE_EQUAL(appends.size(), 7u); // at once
  committed(3);
  refused(4);
  committed(5);
  committed(6);
  CAF_CHECK(answer("k").starts_with("failed: unavailable"));
  CAF_CHECK_EQUAL(answer("in"), "accepted: a at version 3");
  CAF_CHECK(answer("none").starts_with("failed: unavailable"));
  CAF_CHECK_EQUAL(answer("more"), "accepted: a at version 4");
  CAF_CHECK(core.quarantined() == nullptr);
  CAF_CHECK_EQUAL(answer("meanwhile"), "accepted: a at version 5");
  CAF_CHECK_EQUAL(state().balance, 11);
  take("k", deposit{-99});
  CAF_CHECK(answer("k").find("overdrawn") != std::string::npos); // it was not remembered
}

CAF_TEST(a_strict_conflict_on_a_state_that_turned_void_is_proven_anew) {
  open_with(5);
  take("in", deposit{1});
  take("k", deposit{2}, {.expected = cerk::version{3}, .strict = true});
  refused(2);
  conflict(3, 2);
  CAF_CHECK_EQUAL(answer("k"), "none");
  CAF_REQUIRE_EQUAL(appends.size(), 5u);
  CAF_CHECK(appends[4].commit->kind == cerk::record_kind::outcome);
  committed(4);
  CAF_REQUIRE(answers["k"].at(0).get_rejection() != nullptr);
  CAF_CHECK(answers["k"][0].get_rejection()->conflict);
}

CAF_TEST(a_rejection_too_large_to_be_stored_is_told_so) {
  settings.event_bytes_max = 120;
  take("k", deposit{1}, {.strict = true});
  CAF_CHECK(appends.empty());
  CAF_CHECK(answer("k").starts_with("failed: event_too_large"));
}

CAF_TEST(only_the_last_strict_rejections_are_remembered) {
  settings.command_ids_max = 2;
  open_with(5);
  for (const std::string key : {"k1", "k2", "k3"}) {
    take(key, deposit{-9}, {.strict = true});
    committed(appends.size() - 1);
  }
  const auto before = appends.size();
  take("k2", deposit{-9}, {.strict = true});
  CAF_CHECK_EQUAL(appends.size(), before);
  take("k1", deposit{-9}, {.strict = true});
  CAF_CHECK_EQUAL(appends.size(), before + 1);
}

CAF_TEST(another_epoch_voids_what_is_under_way_and_ends_refusals) {
  open_with(5);
  take("in", deposit{1});
  take("more", deposit{2});
  take("none", deposit{0});
  core.begin_epoch(1, out);
  take("again", deposit{3}); // performs what the epoch asked for, too
  for (const auto* key : {"in", "more", "none"})
    CAF_CHECK(answer(key).starts_with("failed: fenced"));
  CAF_REQUIRE_EQUAL(appends.size(), 5u);
  CAF_CHECK_EQUAL(appends[4].epoch, 1u);
  CAF_CHECK_EQUAL(appends[4].commit->expected_version.value, 2u);
  committed(2); // late, and of the former epoch
  CAF_CHECK_EQUAL(version(), 2u);
  committed(4);
  CAF_CHECK_EQUAL(version(), 3u);
  CAF_CHECK_EQUAL(state().balance, 8);
  fenced(3); // late, too
  take("last", deposit{1});
  CAF_CHECK_EQUAL(appends.size(), 6u);
}

CAF_TEST(only_the_last_commands_are_remembered) {
  settings.command_ids_max = 2;
  open_with(0);
  for (std::string key : {"1", "2", "3"}) {
    take(key, note{key});
    committed(appends.size() - 1);
  }
  take("2", note{"2"});
  take("3", note{"3"});
  CAF_CHECK_EQUAL(answer("2"), "accepted: a at version 3 / accepted: a at version 3");
  CAF_CHECK_EQUAL(appends.size(), 4u);
  take("1", note{"1"});
  CAF_CHECK_EQUAL(appends.size(),
                  5u); // forgotten, so it is a new command; the store may know better
  committed(4);
  take("2", note{"2"});
  CAF_CHECK_EQUAL(appends.size(), 6u); // pushed out by "1"
}

CAF_TEST(an_aggregate_that_remembers_nothing_still_joins_and_then_does_not_know) {
  settings.command_ids_max = 0;
  open_with(0);
  take("k", note{"x"});
  take("k", note{"x"});
  CAF_CHECK_EQUAL(appends.size(), 2u);
  committed(1);
  CAF_REQUIRE_EQUAL(answers["k"].size(), 2u);
  CAF_CHECK(answers["k"][0].accepted());
  CAF_CHECK(answers["k"][1].get_failure()->code == errc::unknown);
}

// -- void appends ---------------------------------------------------------------------------------

CAF_TEST(a_refused_append_fails_alone_and_the_rest_is_decided_again) {
  open_with(0);
  take("in", deposit{10});
  take("out", deposit{-10});
  take("note", note{"n"});
  refused(1);
  CAF_CHECK_EQUAL(answer("in"), "none"); // the others may still be under way
  conflict(2, 1);
  conflict(3, 1);
  CAF_CHECK_EQUAL(answer("in"), "failed: unavailable: disk full");
  CAF_CHECK_EQUAL(answer("out"), "rejected: overdrawn (amount): the balance is 0");
  CAF_REQUIRE_EQUAL(appends.size(), 5u);
  CAF_CHECK(appends[4].commit->expected_version == cerk::version{1});
  committed(4);
  CAF_CHECK_EQUAL(answer("note"), "accepted: a at version 2");
}

CAF_TEST(while_the_tail_settles_nothing_is_decided) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{1});
  refused(2);
  take("3", deposit{-6}); // would be right on 5 + 1 and is wrong on 5
  CAF_CHECK_EQUAL(appends.size(), 4u);
  conflict(3, 2);
  CAF_REQUIRE_EQUAL(appends.size(), 6u); // "2" again, and "3" on it
  CAF_CHECK(appends[5].commit->expected_version == cerk::version{3});
  committed(4);
  committed(5);
  CAF_CHECK_EQUAL(answer("3"), "accepted: a at version 4");
  CAF_CHECK_EQUAL(state().balance, 0);
}

CAF_TEST(what_was_durable_before_the_failure_counts) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{2});
  take("3", deposit{4});
  refused(3);
  committed(2);
  CAF_CHECK_EQUAL(answer("1"), "accepted: a at version 3");
  CAF_CHECK_EQUAL(state().balance, 6);
  conflict(4, 3);
  CAF_CHECK_EQUAL(answer("2"), "failed: unavailable: disk full");
  committed(5);
  CAF_CHECK_EQUAL(answer("3"), "accepted: a at version 4");
  CAF_CHECK_EQUAL(state().balance, 10);
}

CAF_TEST(a_command_is_decided_again_a_bounded_number_of_times) {
  settings.decide_again_max = 2;
  open_with(5);
  take("k", deposit{1});
  conflict(2, 2);
  CAF_CHECK_EQUAL(appends.size(), 4u);
  conflict(3, 2);
  CAF_CHECK_EQUAL(appends.size(), 5u);
  conflict(4, 2);
  CAF_CHECK_EQUAL(appends.size(), 5u);
  CAF_CHECK_EQUAL(answer("k"), "failed: unavailable: void 3 times; nothing was appended");
}

CAF_TEST(a_void_command_with_an_expected_version_is_a_conflict_if_that_does_not_hold_any_more) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{1}, {.expected = cerk::version{3}});
  refused(2);
  conflict(3, 2);
  CAF_CHECK_EQUAL(answer("2"), "rejected: conflict, the aggregate is at version 2");
  take("3", deposit{1}, {.expected = cerk::version{2}});
  conflict(4, 2);
  CAF_CHECK_EQUAL(appends.size(), 6u); // still expected, so tried again
}

CAF_TEST(a_log_that_is_ahead_means_another_owner) {
  open_with(5);
  take("k", deposit{1});
  conflict(2, 7);
  CAF_CHECK(answers["k"][0].get_failure()->code == errc::fenced);
  take("l", deposit{1});
  CAF_CHECK(answers["l"][0].get_failure()->code == errc::fenced);
}

CAF_TEST(a_duplicate_gets_the_receipt_of_the_first_time) {
  settings.command_ids_max = 1;
  open_with(5);
  take("old", deposit{1});
  const auto digest = appends[2].commit->digest;
  committed(2);
  take("newer", deposit{1});
  committed(3);
  take("old", deposit{1});    // forgotten here, but not by the store
  take("behind", deposit{8}); // decided on it
  settle(
    4,
    {.ended = status::duplicate, .last = {102}, .actual = {3}, .digest = digest, .event_count = 1});
  conflict(5, 4);
  CAF_REQUIRE_EQUAL(answers["old"].size(), 2u);
  CAF_CHECK(*answers["old"][0].get_receipt() == *answers["old"][1].get_receipt());
  committed(6);
  CAF_CHECK_EQUAL(answer("behind"), "accepted: a at version 5");
  CAF_CHECK_EQUAL(state().balance, 15);
}

CAF_TEST(a_duplicate_is_remembered_from_then_on) {
  settings.command_ids_max = 1;
  open_with(5);
  take("old", deposit{1});
  const auto digest = appends[2].commit->digest;
  committed(2);
  take("newer", deposit{1});
  committed(3);
  take("old", deposit{1});
  settle(
    4,
    {.ended = status::duplicate, .last = {102}, .actual = {3}, .digest = digest, .event_count = 1});
  take("old", deposit{1});
  CAF_CHECK_EQUAL(appends.size(), 5u); // the third try did not ask the store
  CAF_REQUIRE_EQUAL(answers["old"].size(), 3u);
  CAF_CHECK(*answers["old"][2].get_receipt() == *answers["old"][0].get_receipt());
}

CAF_TEST(a_void_append_on_another_version_than_expected_is_rejected_without_another_try) {
  settings.decide_again_max = 0;
  open_with(5);
  take("first", deposit{1});
  take("second", deposit{1}, {.expected = cerk::version{3}});
  settle(2, {.ended = status::refused, .failure = {errc::unavailable, "full"}});
  conflict(3, 2);
  CAF_CHECK_EQUAL(answer("second"), "rejected: conflict, the aggregate is at version 2");
}

CAF_TEST(a_duplicate_with_another_payload_is_refused) {
  open_with(5);
  take("k", deposit{1});
  settle(2,
         {.ended = status::duplicate, .last = {1}, .actual = {1}, .digest = 7, .event_count = 1});
  CAF_CHECK(answers["k"][0].get_failure()->code == errc::command_id_reused);
}

CAF_TEST(fenced_everything_that_waits_is_void_and_nothing_more_is_taken) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{-100});
  take("3", deposit{1});
  fenced(2);
  CAF_CHECK_EQUAL(answer("1"), "none");
  fenced(3);
  for (std::string key : {"1", "2", "3"})
    CAF_CHECK(answers[key].at(0).get_failure()->code == errc::fenced);
  take("4", deposit{1});
  CAF_CHECK(answers["4"][0].get_failure()->code == errc::fenced);
  take("first deposit", deposit{5}); // what was durable before stays true
  CAF_CHECK(answers["first deposit"].at(1).accepted());
  CAF_CHECK_EQUAL(version(), 2u);
}

CAF_TEST(unknown_is_answered_where_it_may_be_stored_and_unavailable_where_it_is_not) {
  open_with(5);
  take("1", deposit{1});
  take("1", deposit{1});
  take("2", deposit{-100}); // rejected on a ground that nobody knows
  take("3", deposit{1});
  unknown(2);
  unknown(3);
  CAF_REQUIRE_EQUAL(answers["1"].size(), 2u);
  CAF_CHECK_EQUAL(answer("1").substr(0, 21), "failed: unknown: gone");
  CAF_CHECK(answers["1"][1].get_failure()->code == errc::unknown);
  CAF_CHECK(answers["2"][0].get_failure()->code == errc::unavailable);
  CAF_CHECK(answers["3"][0].get_failure()->code == errc::unknown);
  take("4", deposit{1});
  CAF_CHECK(answers["4"][0].get_failure()->code == errc::unavailable);
}

CAF_TEST(a_store_that_commits_on_void_ground_cannot_be_relied_on) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{1});
  refused(2);
  committed(3);
  CAF_CHECK(answers["2"][0].get_failure()->code == errc::quarantined);
  CAF_CHECK(core.quarantined() != nullptr);
  take("3", deposit{1});
  CAF_CHECK(answers["3"][0].get_failure()->code == errc::quarantined);
}

CAF_TEST(a_result_that_nobody_waits_for_changes_nothing) {
  open_with(5);
  core.settled(99, {.ended = status::committed}, out);
  take("k", deposit{1});
  core.settled(99, {.ended = status::committed}, out);
  CAF_CHECK_EQUAL(answer("k"), "none");
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 3");
  committed(2); // a second time
  CAF_CHECK_EQUAL(version(), 3u);
}

// -- domain code that misbehaves ------------------------------------------------------------------

CAF_TEST(a_decide_that_throws_fails_its_command_alone) {
  open_with(5);
  take("k", explode{true});
  CAF_CHECK_EQUAL(answer("k"), "failed: domain_error: decide: boom");
  take("l", explode{false});
  CAF_CHECK(answers["l"][0].get_failure()->code == errc::domain_error);
  take("m", deposit{1});
  committed(2);
  CAF_CHECK_EQUAL(answer("m"), "accepted: a at version 3");
}

CAF_TEST(an_evolve_that_throws_fails_its_command_before_anything_is_appended) {
  open_with(5);
  take("k", note{"poison"});
  CAF_CHECK_EQUAL(answer("k"), "failed: domain_error: evolve: poisoned");
  CAF_CHECK_EQUAL(appends.size(), 2u);
  CAF_CHECK_EQUAL(state().balance, 5);
}

CAF_TEST(an_evolve_that_changes_its_mind_quarantines_its_aggregate) {
  open_with(5);
  poison_left = 0;
  take("k", note{"poison"});
  take("l", deposit{1});
  CAF_REQUIRE_EQUAL(appends.size(), 4u);
  poison_left = 1;
  committed(2);
  CAF_CHECK(core.quarantined() != nullptr);
  committed(3);
  CAF_CHECK(answers["k"][0].accepted()); // its event is stored
  take("m", deposit{1});
  CAF_CHECK(answers["m"][0].get_failure()->code == errc::quarantined);
  poison_left = std::numeric_limits<int>::max();
}

CAF_TEST(events_that_cannot_be_stored_are_refused_before_anything_is_appended) {
  open_with(5);
  take("nan", rate_by_nan{});
  CAF_CHECK_EQUAL(answer("nan"),
                  "failed: domain_error: decide: field 'rate': JSON has no infinity and no NaN");
  take("bytes", write_bytes{3, false});
  CAF_CHECK_EQUAL(answer("bytes"),
                  "failed: domain_error: decide: field 'text': is not valid UTF-8");
  CAF_CHECK_EQUAL(appends.size(), 2u);
}

CAF_TEST(an_event_above_the_bound_is_refused_and_one_at_the_bound_is_not) {
  open_with(5);
  take("k", write_bytes{1});
  const auto overhead = appends.back().commit->events[0].size() - 1;
  committed(2);
  settings.event_bytes_max = overhead + 1000;
  take("fits", write_bytes{1000});
  CAF_CHECK_EQUAL(appends.size(), 4u);
  committed(3);
  take("too large", write_bytes{1001});
  CAF_CHECK(answers["too large"][0].get_failure()->code == errc::event_too_large);
  CAF_CHECK_EQUAL(appends.size(), 4u);
}

CAF_TEST(a_command_makes_at_most_65535_events) {
  open_with(0);
  take("k", deposit_all{std::vector<std::int64_t>(65'536, 1)});
  CAF_CHECK(answers["k"][0].get_failure()->code == errc::event_too_large);
  take("l", deposit_all{std::vector<std::int64_t>(65'535, 1)});
  committed(1);
  CAF_CHECK_EQUAL(answer("l"), "accepted: a at version 65536");
  CAF_CHECK_EQUAL(state().balance, 65'535);
}

CAF_TEST(an_id_belongs_to_one_type) {
  take("k", open{"Ada"});
  take("early", open_shop{"x"}); // the first event is still under way
  committed(0);
  CAF_CHECK(answers["early"][0].get_failure()->code == errc::wrong_type);
  take("late", open_shop{"x"});
  CAF_CHECK_EQUAL(answer("late"), "failed: wrong_type: a is a 'account', not a 'shop'");
}

CAF_TEST(an_id_whose_first_event_is_void_is_free_again) {
  take("k", open{"Ada"});
  take("l", open_shop{"x"});
  refused(0);
  CAF_REQUIRE_EQUAL(appends.size(), 2u);
  committed(1);
  CAF_CHECK_EQUAL(answer("l"), "accepted: a at version 1");
  CAF_CHECK_EQUAL(core.type()->name, "shop");
}

// -- units of work --------------------------------------------------------------------------------

CAF_TEST(a_unit_of_work_appends_its_events_at_its_version) {
  open_with(5);
  save("k", {1, 2}, {.expected = cerk::version{2}});
  committed(2);
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 4");
  CAF_CHECK_EQUAL(state().balance, 8);
  save("l", {1}, {.expected = cerk::version{2}});
  CAF_CHECK_EQUAL(answer("l"), "rejected: conflict, the aggregate is at version 4");
}

CAF_TEST(saving_nothing_succeeds_if_the_version_holds) {
  open_with(5);
  save("k", {}, {.expected = cerk::version{2}});
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 2");
  save("l", {}, {.expected = cerk::version{1}});
  CAF_CHECK_EQUAL(answer("l"), "rejected: conflict, the aggregate is at version 2");
}

// -- deadlines and the end ------------------------------------------------------------------------

CAF_TEST(a_command_past_its_deadline_is_not_decided) {
  open_with(5);
  take("k", deposit{1}, {.timeout = ms{0}});
  CAF_CHECK(answers["k"][0].get_failure()->code == errc::unavailable);
  CAF_CHECK_EQUAL(appends.size(), 2u);
}

CAF_TEST(at_its_deadline_each_command_is_told_what_is_known_of_it) {
  open_with(5);
  take("stored?", deposit{1}, {.timeout = ms{100}});
  take("stored?", deposit{1}, {.timeout = ms{100}}); // joined
  take("rejected", deposit{-100}, {.timeout = ms{100}});
  take("later", deposit{1}, {.timeout = ms{101}});
  sweep_after(ms{99});
  CAF_CHECK_EQUAL(answers.size(), 2u);
  sweep_after(ms{1});
  CAF_REQUIRE_EQUAL(answers["stored?"].size(), 2u);
  CAF_CHECK(answers["stored?"][0].get_failure()->code == errc::unknown);
  CAF_CHECK(answers["stored?"][1].get_failure()->code == errc::unknown);
  CAF_CHECK(answers["rejected"].at(0).get_failure()->code == errc::unavailable);
  CAF_CHECK_EQUAL(answer("later"), "none");
  CAF_CHECK_EQUAL(released["stored?"], 0); // their places are still taken
  sweep_after(ms{1});
  CAF_CHECK(answers["later"].at(0).get_failure()->code == errc::unknown);
}

CAF_TEST(what_settles_after_its_deadline_counts_and_is_not_answered_again) {
  open_with(5);
  take("k", deposit{1}, {.timeout = ms{100}});
  take("l", deposit{-100}, {.timeout = ms{100}});
  sweep_after(ms{100});
  committed(2);
  CAF_CHECK_EQUAL(answers["k"].size(), 1u);
  CAF_CHECK_EQUAL(answers["l"].size(), 1u);
  CAF_CHECK_EQUAL(late, 2u);
  CAF_CHECK_EQUAL(released["k"] + released["l"], 2);
  CAF_CHECK_EQUAL(state().balance, 6);
  take("k", deposit{1}); // the retry that was advised
  CAF_CHECK(answers["k"].at(1).accepted());
  CAF_CHECK_EQUAL(appends.size(), 3u);
}

CAF_TEST(a_command_that_was_told_nothing_happened_is_not_decided_later) {
  open_with(5);
  take("1", deposit{1});
  take("2", deposit{1});
  refused(2);
  take("undecided", deposit{1}, {.timeout = ms{100}});
  sweep_after(ms{100});
  CAF_CHECK(answers["undecided"].at(0).get_failure()->code == errc::unavailable);
  conflict(3, 2);
  committed(4); // "2" again
  CAF_CHECK_EQUAL(appends.size(), 5u);
  CAF_CHECK_EQUAL(answers["undecided"].size(), 1u);
  CAF_CHECK_EQUAL(released["undecided"], 1);
  CAF_CHECK(core.is_idle());
}

CAF_TEST(an_abandoned_aggregate_answers_everything_with_what_is_known) {
  open_with(5);
  take("stored?", deposit{1});
  take("stored?", deposit{1});
  take("rejected", deposit{-100});
  abandon();
  CAF_CHECK(answers["stored?"].at(0).get_failure()->code == errc::unknown);
  CAF_CHECK(answers["stored?"].at(1).get_failure()->code == errc::unknown);
  CAF_CHECK(answers["rejected"].at(0).get_failure()->code == errc::stopping);
  CAF_CHECK_EQUAL(released["stored?"] + released["rejected"], 3);
  committed(2); // too late for anybody
  CAF_CHECK_EQUAL(version(), 2u);
  take("k", deposit{1});
  CAF_CHECK(answers["k"].at(0).get_failure()->code == errc::stopping);
}

// -- any history ----------------------------------------------------------------------------------

// A store that follows the contract, an owner under it, and a client that retries. Whatever comes
// between them, nobody is lied to.
CAF_TEST(whatever_the_store_says_every_answer_is_true) {
  CERK_PROPERTY("answers are true", [] {
    core_scene s;
    s.settings.command_ids_max = *rc::gen::inRange<std::uint32_t>(0, 4);
    s.settings.decide_again_max = *rc::gen::inRange<std::uint32_t>(0, 3);
    std::vector<std::int64_t> log; // amounts in effect
    std::map<cerk::command_id, cerk::commit_result> stored;
    std::map<std::string, int> taken;
    std::size_t next = 0; // the append that the store looks at next
    bool store_is_over = false;

    const auto store_says = [&](const cerk::commit& c) -> cerk::commit_result {
      if (store_is_over)
        return {.ended = status::refused, .failure = {errc::unavailable, "over"}};
      const auto fault = *rc::gen::inRange(0, 20);
      if (fault == 0)
        return {.ended = status::refused, .failure = {errc::unavailable, "full"}};
      if (const auto first = stored.find(c.command_id); first != stored.end()) {
        auto again = first->second;
        again.ended = status::duplicate;
        return again;
      }
      if (c.expected_version.value != log.size())
        return {.ended = status::conflict, .actual = {log.size()}};
      const bool unknown = fault == 1;
      store_is_over = unknown;
      if (!unknown || *rc::gen::arbitrary<bool>()) {
        for (const auto& text : c.events) {
          const auto value = nlohmann::json::parse(text);
          log.push_back(value.value("amount", std::int64_t{0}));
        }
        stored[c.command_id] = {.ended = status::committed,
                                .last = {static_cast<std::int64_t>(log.size())},
                                .actual = {log.size()},
                                .digest = c.digest,
                                .event_count = static_cast<std::uint32_t>(c.events.size())};
      }
      if (unknown)
        return {.ended = status::unknown, .failure = {errc::unknown, "lost"}};
      return stored[c.command_id];
    };

    for (int step = *rc::gen::inRange(0, 60); step > 0; --step) {
      const auto what = *rc::gen::inRange(0, 10);
      if (what < 5) {
        const auto key = "k" + std::to_string(*rc::gen::inRange(0, 12));
        // The key fixes the payload, as it does for a client that retries.
        const auto amount = static_cast<std::int64_t>(std::hash<std::string>{}(key) % 9) - 4;
        core_scene::with w{.timeout = core_scene::ms{*rc::gen::inRange(0, 500)}};
        ++taken[key];
        if (s.version() == 0 && what == 0)
          s.take(key, open{"Ada"}, w);
        else if (what == 1)
          s.take(key, deposit_all{{amount + 4, 1}}, w);
        else
          s.take(key, deposit{amount}, w);
      } else if (what < 9 && next < s.appends.size()) {
        const auto how = store_says(*s.appends[next].commit);
        s.settle(next++, how);
      } else {
        s.sweep_after(core_scene::ms{*rc::gen::inRange(0, 200)});
      }
      RC_ASSERT(s.version() <= log.size());
      if (s.version() > 0 && s.core.quarantined() == nullptr) {
        std::int64_t sum = 0;
        for (std::size_t i = 0; i < s.version(); ++i)
          sum += log[i];
        RC_ASSERT(s.state().balance == sum);
      }
    }
    while (next < s.appends.size()) {
      const auto how = store_says(*s.appends[next].commit);
      s.settle(next++, how);
    }
    RC_ASSERT(s.core.is_idle());
    RC_ASSERT(s.core.quarantined() == nullptr);
    RC_ASSERT(s.version() == log.size() || store_is_over);
    for (const auto& [key, count] : taken) {
      RC_ASSERT(s.answers[key].size() == static_cast<std::size_t>(count));
      RC_ASSERT(s.released[key] == count);
      const auto id = cerk::command_id::from_key(key);
      for (const auto& answer : s.answers[key])
        if (const auto* r = answer.get_receipt(); r != nullptr && r->event_count > 0) {
          RC_ASSERT(stored.count(id) == 1u);
          RC_ASSERT(r->version == stored[id].actual);
        }
      // In effect, and nobody who asked was left a hint of it: that would be a lie.
      if (stored.count(id) == 1) {
        bool hinted = false;
        for (const auto& answer : s.answers[key])
          hinted = hinted || answer.accepted() || answer.get_failure() == nullptr
                   || answer.get_failure()->code == errc::unknown
                   || answer.get_failure()->code == errc::command_id_reused;
        RC_ASSERT(hinted);
      }
    }
  });
}

CAF_TEST_FIXTURE_SCOPE_END()
