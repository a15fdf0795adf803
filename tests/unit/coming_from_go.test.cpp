// Each element of the Go library, and what does its work here: the table of docs/coming_from_go.md.
#define CAF_SUITE coming_from_go

#include <cerk/cerk.hpp>

#include "../../examples/users.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;
using example::create_user;
using example::update_user;
using example::user;
using example::user_created;
using example::user_modified;
using example::users;

namespace {

// What the Go library's producer writes: an event inside an event, and version 0 always.
record written_by_go(const std::string& id, const std::string& type, const std::string& first_name,
                     const std::string& time_name = "create_time") {
  const std::string text = R"({"Event":null,"id":")" + id + R"(","type":")" + type
                           + R"(","payload":"{\"Event\":null,\"first_name\":\"of the copy\"}",")"
                           + time_name + R"(":"2026-11-23T05:51:48Z","version":0,"first_name":")"
                           + first_name + R"(","last_name":"K"})";
  return {.timestamp_ms = 1'795'413'108'799, .key = id, .value = text};
}

std::vector<stored_event> all_events(provider& store, std::size_t batch_events = 1'000) {
  std::vector<stored_event> all;
  fetch_all_events(store, batch_events, [&](const std::vector<stored_event>& batch) {
    all.insert(all.end(), batch.begin(), batch.end());
    return true;
  }).value();
  return all;
}

nlohmann::json value_of(const stored_event& event) {
  return nlohmann::json::parse(event.value);
}

std::string last_name_of(const repository& repo, const char* id) {
  return repo.of(users).get(id).value().state.last_name;
}

struct fixture {
  actor_system_config config;
  caf::actor_system system{config};
  memory_provider store{{.partitions = 1}};

  // A repository ends with its scope: the next one is the process that comes after it.
  repository open() {
    return {system, store, repository_options{}, users};
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(coming_from_go_tests, fixture)

// -- Repository -----------------------------------------------------------------------------------

CAF_TEST(init_provider_is_the_repository_s_construction) {
  const auto repo = open();
  CAF_CHECK(repo.is_serving());
}

CAF_TEST(add_or_modify_entity_is_evolve) {
  const auto repo = open();
  auto work = repo.of(users).begin("ada").value();
  CAF_CHECK_EQUAL(work.version(), version{0});
  work.add(user_created{"Ada", "Byron"});
  CAF_CHECK_EQUAL(work.state().last_name, "Byron");
  work.add(user_modified{"Ada", "Lovelace"});
  CAF_CHECK_EQUAL(work.state().last_name, "Lovelace");
}

CAF_TEST(get_entity_is_get_and_tells_the_version_too) {
  const auto repo = open();
  CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
  const auto ada = repo.of(users).get("ada").value();
  CAF_CHECK_EQUAL(ada.state.first_name, "Ada");
  CAF_CHECK_EQUAL(ada.version, version{1});
  CAF_CHECK(repo.of(users).get("nobody").error().code == errc::not_found);
}

CAF_TEST(replay_happens_when_a_repository_is_made) {
  std::uint64_t before = 0;
  {
    const auto repo = open();
    CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
    CAF_REQUIRE(repo.of(users).send("ada", update_user{"Ada", "Lovelace"}).accepted());
    before = repo.state_hash();
  }
  const auto repo = open();
  CAF_CHECK(repo.progress().at(0).events == 2);
  CAF_CHECK(last_name_of(repo, "ada") == "Lovelace");
  CAF_CHECK_EQUAL(repo.state_hash(), before);
}

CAF_TEST(add_new_event_is_uncommitted_until_it_is_saved) {
  const auto repo = open();
  auto work = repo.of(users).begin("ada").value();
  work.add(user_created{"Ada", "Byron"});
  const auto uncommitted = work.uncommitted();
  CAF_REQUIRE_EQUAL(uncommitted.size(), 1u);
  CAF_CHECK_EQUAL(uncommitted[0], R"({"first_name":"Ada","last_name":"Byron"})");
  CAF_CHECK(repo.of(users).get("ada").error().code == errc::not_found);
  CAF_CHECK(all_events(store).empty());
}

CAF_TEST(save_appends_what_was_added_and_leaves_nothing_uncommitted) {
  const auto repo = open();
  auto work = repo.of(users).begin("ada").value();
  work.add(user_created{"Ada", "Byron"}).add(user_modified{"Ada", "Lovelace"});
  const auto saved = work.save();
  CAF_REQUIRE(saved.accepted());
  CAF_CHECK_EQUAL(saved.get_receipt()->version, version{2});
  CAF_CHECK(work.uncommitted().empty());
  CAF_CHECK_EQUAL(work.version(), version{2});
  CAF_CHECK_EQUAL(all_events(store).size(), 2u);
}

CAF_TEST(save_is_a_conflict_when_somebody_else_was_faster) {
  const auto repo = open();
  auto slow = repo.of(users).begin("ada").value();
  slow.add(user_created{"Ada", "Byron"});
  CAF_REQUIRE(repo.of(users).send("ada", create_user{"Grace", "Hopper"}).accepted());
  const auto saved = slow.save();
  CAF_REQUIRE(saved.get_rejection() != nullptr);
  CAF_CHECK(saved.get_rejection()->conflict);
  CAF_CHECK_EQUAL(saved.get_rejection()->actual, version{1});
  CAF_CHECK_EQUAL(slow.uncommitted().size(), 1u);
}

CAF_TEST(a_command_handler_is_decide) {
  const auto repo = open();
  const auto refused = repo.of(users).send("ada", update_user{"Ada", "Lovelace"});
  CAF_REQUIRE(refused.get_rejection() != nullptr);
  CAF_CHECK(refused.get_rejection()->reasons.at(0).code == "no_such_user");
  CAF_CHECK(all_events(store).empty());
}

// -- Provider -------------------------------------------------------------------------------------

CAF_TEST(fetch_all_events_comes_in_batches_in_the_order_of_the_log) {
  const auto repo = open();
  for (const char* id : {"ada", "grace", "alan"})
    CAF_REQUIRE(repo.of(users).send(id, create_user{id, "K"}).accepted());
  std::vector<std::size_t> sizes;
  std::vector<std::string> keys;
  fetch_all_events(store, 2, [&](const std::vector<stored_event>& batch) {
    sizes.push_back(batch.size());
    for (const auto& event : batch)
      keys.push_back(event.key);
    return true;
  }).value();
  CAF_CHECK(sizes == std::vector<std::size_t>({2, 1}));
  CAF_CHECK(keys == std::vector<std::string>({"ada", "grace", "alan"}));
}

CAF_TEST(send_events_appends_without_a_repository) {
  send_events(store, {{"ada", "UserCreatedEvent", R"({"first_name":"Ada","last_name":"Byron"})"},
                      {"ada", "UserModifiedEvent", R"({"first_name":"Ada","last_name":"K"})"}})
    .value();
  const auto repo = open();
  const auto ada = repo.of(users).get("ada").value();
  CAF_CHECK_EQUAL(ada.version, version{2});
  CAF_CHECK_EQUAL(ada.state.last_name, "K");
}

CAF_TEST(a_closed_provider_takes_nothing_more) {
  const auto repo = open();
  store.close();
  const auto refused = repo.of(users).send("ada", create_user{"Ada", "Byron"});
  CAF_REQUIRE(refused.get_failure() != nullptr);
  CAF_CHECK(refused.get_failure()->code == errc::unavailable);
}

CAF_TEST(the_memory_repository_is_a_repository_on_the_memory_provider) {
  memory_provider four{{.partitions = 4}};
  const repository repo{system, four, users};
  CAF_CHECK_EQUAL(four.info().partition_count, 4);
  CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
  const auto ada = repo.of(users).get("ada").value();
  CAF_CHECK_EQUAL(ada.partition, partition_of("ada", 4));
}

// -- Event, GenericEvent, Entity ------------------------------------------------------------------

CAF_TEST(an_event_has_type_id_time_and_version_in_its_envelope) {
  const auto repo = open();
  CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
  const auto event = all_events(store).at(0);
  CAF_CHECK_EQUAL(event.type, "UserCreatedEvent");
  CAF_CHECK_EQUAL(event.key, "ada");
  CAF_CHECK_EQUAL(event.version, version{1});
  const auto value = value_of(event);
  CAF_CHECK_EQUAL(value.at("type"), "UserCreatedEvent");
  CAF_CHECK_EQUAL(value.at("id"), "ada");
  CAF_CHECK_EQUAL(value.at("version"), 1);
  CAF_CHECK_EQUAL(value.at("create_time").get<std::string>().size(), 24u);
}

CAF_TEST(the_payload_is_the_event_s_own_fields_beside_the_envelope) {
  const auto repo = open();
  CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
  const auto value = value_of(all_events(store).at(0));
  CAF_CHECK(!value.contains("payload"));
  CAF_CHECK_EQUAL(value.at("first_name"), "Ada");
  CAF_CHECK_EQUAL(value.at("last_name"), "Byron");
}

CAF_TEST(load_and_save_are_the_description_of_the_struct) {
  std::string saved;
  detail::encode(saved, user_created{"Ada", "Byron"}, detail::path{});
  CAF_CHECK_EQUAL(saved, R"({"first_name":"Ada","last_name":"Byron"})");
  user_created loaded;
  detail::decode(nlohmann::json::parse(saved), loaded, detail::path{});
  CAF_CHECK_EQUAL(loaded.last_name, "Byron");
}

CAF_TEST(a_typed_event_is_made_from_a_generic_one_by_its_stored_name) {
  send_events(store, {{"ada", "UserCreatedEvent", R"({"first_name":"Ada","last_name":"Byron"})"}})
    .value();
  const auto generic = all_events(store).at(0);
  CAF_CHECK_EQUAL(generic.type, "UserCreatedEvent");
  const auto repo = open();
  CAF_CHECK(last_name_of(repo, "ada") == "Byron");
}

CAF_TEST(a_generic_event_is_read_whatever_its_type) {
  send_events(store, {{"order-1", "OrderPlaced", R"({"total":17})"}}).value();
  const auto event = all_events(store).at(0);
  CAF_CHECK_EQUAL(event.type, "OrderPlaced");
  CAF_CHECK(value_of(event).at("total") == 17);
}

CAF_TEST(an_entity_is_a_struct_that_knows_nothing_of_cerk) {
  const user ada = evolve(user{}, user_created{"Ada", "Byron"});
  CAF_CHECK(evolve(ada, user_modified{"Ada", "Lovelace"}).last_name == "Lovelace");
}

// -- what the Go library wrote --------------------------------------------------------------------

CAF_TEST(events_of_the_go_library_are_restored_and_their_payload_is_ignored) {
  store.append_verbatim(partition_id{0}, {written_by_go("ada", "UserCreatedEvent", "Ada")}).value();
  const auto repo = open();
  const auto ada = repo.of(users).get("ada").value();
  CAF_CHECK_EQUAL(ada.state.first_name, "Ada");
  CAF_CHECK_EQUAL(ada.state.last_name, "K");
}

CAF_TEST(the_older_spelling_of_the_time_is_no_field_of_the_event) {
  store
    .append_verbatim(partition_id{0},
                     {written_by_go("ada", "UserCreatedEvent", "Ada", "createTime")})
    .value();
  CAF_CHECK(last_name_of(open(), "ada") == "K");
}

CAF_TEST(the_version_of_a_go_event_is_its_place_and_not_what_it_says) {
  store
    .append_verbatim(partition_id{0}, {written_by_go("ada", "UserCreatedEvent", "Ada"),
                                       written_by_go("grace", "UserCreatedEvent", "Grace"),
                                       written_by_go("ada", "UserModifiedEvent", "Augusta")})
    .value();
  const auto repo = open();
  CAF_CHECK(repo.of(users).get("ada").value().version == version{2});
  CAF_CHECK(repo.of(users).get("grace").value().version == version{1});
  const auto events = all_events(store);
  CAF_REQUIRE_EQUAL(events.size(), 3u);
  CAF_CHECK_EQUAL(events.at(2).version, version{2});
  CAF_CHECK_EQUAL(events.at(2).id(), "0:2");
}

CAF_TEST(commands_go_on_where_the_go_library_stopped) {
  store.append_verbatim(partition_id{0}, {written_by_go("ada", "UserCreatedEvent", "Ada")}).value();
  const auto repo = open();
  const auto updated
    = repo.of(users).send("ada", update_user{"Ada", "Lovelace"}, {.expected_version = version{1}});
  CAF_REQUIRE(updated.accepted());
  CAF_CHECK_EQUAL(updated.get_receipt()->version, version{2});
}

CAF_TEST(a_go_writer_that_was_not_stopped_changes_nothing_any_more) {
  {
    const auto repo = open();
    CAF_REQUIRE(repo.of(users).send("ada", create_user{"Ada", "Byron"}).accepted());
  }
  store.append_verbatim(partition_id{0}, {written_by_go("ada", "UserModifiedEvent", "Go")}).value();
  const auto repo = open();
  CAF_CHECK(last_name_of(repo, "ada") == "Byron");
  CAF_CHECK(repo.progress().at(0).voids == 1);
}

CAF_TEST(an_event_that_cannot_be_read_parks_its_aggregate_and_no_other) {
  store
    .append_verbatim(partition_id{0}, {written_by_go("ada", "UserRenamedEvent", "Ada"),
                                       written_by_go("grace", "UserCreatedEvent", "Grace")})
    .value();
  const auto repo = open();
  const auto refused = repo.of(users).send("ada", create_user{"Ada", "Byron"});
  CAF_REQUIRE(refused.get_failure() != nullptr);
  CAF_CHECK(refused.get_failure()->code == errc::quarantined);
  CAF_CHECK(repo.of(users).send("grace", update_user{"Grace", "Hopper"}).accepted());
  const auto parked = repo.quarantined();
  CAF_REQUIRE_EQUAL(parked.size(), 1u);
  CAF_CHECK_EQUAL(parked[0].offset, offset{0});
}

CAF_TEST_FIXTURE_SCOPE_END()
