// One aggregate out of the log: folding its records, remembering its commands, giving up on it.
#define CAF_SUITE restore

#include "commit_records.hpp"
#include "core_scene.hpp"

#include "caf/test/unit_test.hpp"

using namespace bank;
using cerk::errc;

namespace {

struct fixture : core_scene {
  cerk::record_batch batch;
  std::uint64_t number = 0;
  std::int64_t at = 0;

  struct as {
    std::uint64_t version = 0;
    std::string key = "command";
    std::uint16_t k = 1;
    std::uint16_t n = 1;
    std::uint64_t digest = 0;
  };

  static std::string event(const std::string& type, const std::string& fields,
                           const std::string& id = "a") {
    return cerk::event_value(id, type, 0, {0}, fields);
  }

  bool restore(std::optional<std::string_view> value, std::string_view header) {
    batch.add({at++}, 0, "a", value, header, {});
    return core.restore(batch.records().back());
  }

  bool restore(const std::string& value, const as& h) {
    const auto packed = cerk::pack({.k = h.k,
                                    .n = h.n,
                                    .term = {1},
                                    .number = ++number,
                                    .version = {h.version},
                                    .command_id = cerk::command_id::from_key(h.key),
                                    .digest = h.digest},
                                   "a", value);
    return restore(value, {packed.data(), packed.size()});
  }

  bool legacy(const std::string& value) {
    return restore(value, std::string_view{});
  }

  std::string cause() const {
    const auto* why = core.quarantined();
    return why != nullptr ? std::to_string(why->at.value) + ": " + why->cause : "none";
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(restore_tests, fixture)

CAF_TEST(records_are_folded_in_order) {
  CAF_CHECK(restore(event("Opened", R"("owner":"Ada")"), {.version = 1}));
  CAF_CHECK(restore(event("Deposited", R"("amount":5)"), {.version = 2}));
  CAF_CHECK_EQUAL(version(), 2u);
  CAF_CHECK_EQUAL(state().balance, 5);
  CAF_CHECK(core.committed_offset() == cerk::offset{1});
  CAF_CHECK_EQUAL(core.type()->name, "account");
  CAF_CHECK(core.is_idle());
}

CAF_TEST(a_record_without_header_counts_by_its_place_and_not_by_what_it_says) {
  CAF_CHECK(legacy(
    R"({"id":"a","type":"Opened","createTime":"x","version":0,"owner":"Ada","Event":null})"));
  CAF_CHECK(
    legacy(R"({"id":"a","type":"Deposited","version":77,"amount":5,"payload":{"amount":9}})"));
  CAF_CHECK_EQUAL(version(), 2u);
  CAF_CHECK_EQUAL(state().balance, 5);
  CAF_CHECK(restore(event("Deposited", R"("amount":1)"), {.version = 3}));
}

CAF_TEST(restored_commands_are_remembered_with_their_last_event) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1, .key = "o"});
  const auto command = make("k", deposit_all{{1, 2}}, {});
  restore(event("Deposited", R"("amount":1)"),
          {.version = 2, .key = "k", .k = 1, .n = 2, .digest = command->digest});
  restore(event("Deposited", R"("amount":2)"),
          {.version = 3, .key = "k", .k = 2, .n = 2, .digest = command->digest});
  take("k", deposit_all{{1, 2}});
  CAF_CHECK_EQUAL(answer("k"), "accepted: a at version 3");
  CAF_CHECK_EQUAL(receipt("k").event_count, 2u);
  CAF_CHECK(receipt("k").offset == cerk::offset{2});
  take("o", open{"Eve"});
  CAF_CHECK(answers["o"].at(0).get_failure()->code == errc::command_id_reused);
  CAF_CHECK(appends.empty());
}

CAF_TEST(a_restored_rejection_is_remembered) {
  core_scene elsewhere;
  elsewhere.take("refused", deposit{1}, {.strict = true});
  CAF_REQUIRE_EQUAL(elsewhere.appends.size(), 1u);
  const auto& written = *elsewhere.appends[0].commit;
  cerk::for_each_record(written, {1}, 1,
                        [&](std::string_view header, std::string_view value, auto, auto) {
                          return restore(value, header);
                        });
  CAF_CHECK_EQUAL(cause(), "none");
  CAF_CHECK(!core.is_blank());
  CAF_CHECK_EQUAL(version(), 0u);
  take("refused", deposit{1});
  CAF_CHECK(appends.empty());
  CAF_CHECK_EQUAL(answer("refused"), "rejected: no_account (id): there is no account with this id");
  // What a takeover reads again is passed over.
  cerk::for_each_record(written, {1}, 1,
                        [&](std::string_view header, std::string_view value, auto, auto) {
                          return restore(value, header);
                        });
  CAF_CHECK_EQUAL(cause(), "none");
}

CAF_TEST(a_rejection_that_is_read_again_does_not_push_out_another) {
  settings.command_ids_max = 2;
  const auto rejection = [&](const std::string& key) {
    const auto value = event("cerk.rejected", R"("conflict":false,"errors":"[]")");
    const auto packed = cerk::pack({.kind = cerk::record_kind::outcome,
                                    .term = {1},
                                    .number = 1,
                                    .command_id = cerk::command_id::from_key(key),
                                    .digest = make("", deposit{1}, {})->digest},
                                   "a", value);
    return restore(value, {packed.data(), packed.size()});
  };
  for (const auto* key : {"first", "second", "second"})
    CAF_CHECK(rejection(key));
  take("first", deposit{1}, {.strict = true}); // decided anew, it would append a record
  CAF_REQUIRE(appends.empty());
  CAF_CHECK(answers["first"].at(0).get_rejection() != nullptr);
}

CAF_TEST(a_rejection_that_cannot_be_read_or_does_not_fit_quarantines) {
  const auto rejection = [](std::uint64_t version_of_it, const std::string& fields) {
    fixture fresh;
    const auto value = event("cerk.rejected", fields);
    const auto packed = cerk::pack({.kind = cerk::record_kind::outcome,
                                    .term = {1},
                                    .number = 1,
                                    .version = {version_of_it},
                                    .command_id = cerk::command_id::from_key("k")},
                                   "a", value);
    fresh.restore(value, {packed.data(), packed.size()});
    return fresh.core.quarantined() != nullptr;
  };
  CAF_CHECK(!rejection(0, R"("conflict":true,"errors":"[]")"));
  CAF_CHECK(rejection(1, R"("conflict":true,"errors":"[]")"));
  CAF_CHECK(rejection(0, R"("conflict":true,"errors":"[7]")"));
  CAF_CHECK(rejection(0, R"("conflict":true,"errors":"[")"));
  CAF_CHECK(rejection(0, R"("conflict":1,"errors":"[]")"));
  CAF_CHECK(rejection(0, ""));
}

CAF_TEST(what_is_committed_already_is_passed_over) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  batch.add({0}, 0, "a", event("Opened", R"("owner":"Eve")"), {}, {});
  CAF_CHECK(!core.restore(batch.records().back()));
  CAF_CHECK_EQUAL(version(), 1u);
  CAF_CHECK_EQUAL(state().owner, "Ada");
}

CAF_TEST(restored_commands_are_remembered_up_to_the_bound) {
  settings.command_ids_max = 3;
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1, .key = "0"});
  for (int i = 1; i < 5; ++i)
    restore(event("Noted", R"("text":"x")"), {.version = static_cast<std::uint64_t>(i + 1),
                                              .key = std::to_string(i),
                                              .digest = make("", note{"x"}, {})->digest});
  for (std::string key : {"2", "3", "4"}) {
    take(key, note{"x"});
    CAF_CHECK(answers[key].at(0).accepted());
  }
  CAF_CHECK(appends.empty());
  take("1", note{"x"});
  CAF_CHECK_EQUAL(appends.size(), 1u);
}

CAF_TEST(commands_go_on_where_the_log_ended) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  take("k", deposit{3});
  CAF_CHECK(appends.at(0).commit->expected_version == cerk::version{1});
  committed(0);
  CAF_CHECK_EQUAL(state().balance, 3);
}

// -- quarantine -----------------------------------------------------------------------------------

CAF_TEST(a_header_of_another_format_quarantines) {
  CAF_CHECK(!restore(event("Opened", R"("owner":"Ada")"), std::string_view{"short"}));
  CAF_CHECK_EQUAL(cause(), "0: its header is not one that this version of cerk reads");
}

CAF_TEST(a_broken_seal_quarantines) {
  const auto value = event("Opened", R"("owner":"Ada")");
  const auto packed = cerk::pack({.term = {1}, .number = 1, .version = {1}}, "a", value);
  auto changed = value;
  changed.replace(changed.find("Ada"), 3, "Eve");
  CAF_CHECK(!restore(changed, std::string_view{packed.data(), packed.size()}));
  CAF_CHECK_EQUAL(cause(), "0: its bytes are not those that were written (the seal is broken)");
}

CAF_TEST(a_version_that_does_not_fit_quarantines) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  CAF_CHECK(!restore(event("Deposited", R"("amount":5)"), {.version = 3}));
  CAF_CHECK_EQUAL(cause(), "1: it makes version 3, but the aggregate is at 1");
}

CAF_TEST(what_has_no_value_or_cannot_be_read_quarantines) {
  const std::pair<std::optional<std::string>, std::string> cases[]{
    {std::nullopt, "it has no value"},
    {"", "JSON"},
    {"not json", "JSON"},
    {R"(["id"])", "JSON object"},
    {R"({"id":"a","type":"Unheard"})", "unknown event type 'Unheard'"},
    {R"({"id":"a","owner":"Ada"})", "field 'type': is missing"},
    {R"({"id":"b","type":"Opened","owner":"Ada"})", "but the record's key is 'a'"},
    {R"({"id":"a","type":"Opened"})", "field 'owner': is missing"},
    {R"({"id":"a","type":"Opened","owner":5})", "field 'owner': expected a string"},
    {R"({"id":"a","type":"Noted","text":"poison"})", "poisoned"},
    {"{\"id\":\"a\",\"type\":\"Opened\",\"owner\":\"\xff\"}", "UTF-8"},
  };
  for (const auto& [value, expected] : cases) {
    fixture fresh;
    CAF_CHECK(!fresh.restore(value ? std::optional<std::string_view>{*value} : std::nullopt,
                             std::string_view{}));
    CAF_MESSAGE(fresh.cause());
    CAF_CHECK(fresh.cause().find(expected) != std::string::npos);
  }
}

CAF_TEST(an_event_of_another_type_quarantines) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  CAF_CHECK(!restore(event("ShopOpened", R"("name":"x")"), {.version = 2}));
  CAF_CHECK_EQUAL(cause(), "1: field 'type': an event of aggregate type 'shop' on a 'account'");
}

CAF_TEST(a_quarantined_aggregate_passes_over_the_rest_and_takes_no_commands) {
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  restore(event("Deposited", R"("amount":"five")"), {.version = 2});
  CAF_CHECK(!restore(event("Deposited", R"("amount":5)"), {.version = 3}));
  CAF_CHECK_EQUAL(cause().substr(0, 2), "1:"); // the first one is the cause
  take("k", deposit{1});
  CAF_CHECK(answers["k"].at(0).get_failure()->code == errc::quarantined);
  CAF_CHECK(answer("k").find("the event at offset 1 cannot be applied") != std::string::npos);
  CAF_CHECK_EQUAL(core.state_hash(), 0u);
  CAF_CHECK(!core.is_blank());
}

// -- hashes ---------------------------------------------------------------------------------------

CAF_TEST(equal_states_have_equal_hashes_whatever_their_history) {
  CAF_CHECK_EQUAL(core.state_hash(), 0u);
  restore(event("Opened", R"("owner":"Ada")"), {.version = 1});
  restore(event("Deposited", R"("amount":5)"), {.version = 2});
  fixture other;
  other.at = 500;
  other.legacy(event("Opened", R"("owner":"Ada")"));
  CAF_CHECK_NOT_EQUAL(core.state_hash(), other.core.state_hash());
  other.legacy(event("Deposited", R"("amount":5)"));
  CAF_CHECK_EQUAL(core.state_hash(), other.core.state_hash());
}

CAF_TEST(a_hash_tells_id_type_version_and_state_apart) {
  const auto base = cerk::state_hash_of("a", "account", {1}, "{}");
  CAF_CHECK_NOT_EQUAL(base, cerk::state_hash_of("b", "account", {1}, "{}"));
  CAF_CHECK_NOT_EQUAL(base, cerk::state_hash_of("a", "shop", {1}, "{}"));
  CAF_CHECK_NOT_EQUAL(base, cerk::state_hash_of("a", "account", {2}, "{}"));
  CAF_CHECK_NOT_EQUAL(base, cerk::state_hash_of("a", "account", {1}, "[]"));
  CAF_CHECK_NOT_EQUAL(cerk::digest_of("A", "{}"), cerk::digest_of("B", "{}"));
  CAF_CHECK_NOT_EQUAL(cerk::digest_of("A", "{}"), cerk::digest_of("A", "[]"));
}

CAF_TEST_FIXTURE_SCOPE_END()
