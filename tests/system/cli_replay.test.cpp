// cerk replay: what is found, and what cannot be read.
#define CAF_SUITE cli_replay

#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

CAF_TEST_FIXTURE_SCOPE(cli_replay, cli_fixture)

CAF_TEST(a_broken_aggregate_is_a_finding_and_the_others_are_restored) {
  const auto states = directory / "s.jsonl";
  const auto file = write("f", user_line("ada") + user_line("bad", "NobodyKnowsThisEvent")
                                 + user_line("zoe") + user_line("ada", "UserModifiedEvent"));
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, file}).code, 0);
  const auto got = cerk({"replay", "--store", store, "--state-out", states});
  CAF_CHECK_EQUAL(got.code, 3);
  CAF_CHECK_EQUAL(got.member("quarantined"), 1);
  CAF_CHECK(got.says("quarantined: bad, partition 0, offset 1: "));
  CAF_CHECK(got.says("NobodyKnowsThisEvent"));
  CAF_CHECK_EQUAL(
    content_of(states),
    R"({"id":"ada","type":"user","version":2,"state":{"first_name":"A","last_name":"B"}})"
    "\n"
    R"({"id":"zoe","type":"user","version":1,"state":{"first_name":"A","last_name":"B"}})"
    "\n");
}

CAF_TEST(states_are_sorted_by_id) {
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, go_users}).code, 0);
  CAF_CHECK_EQUAL(cerk({"replay", "--store", store, "--state-out", directory / "s"}).code, 0);
  std::vector<std::string> ids;
  for (const auto& line : lines_of(content_of(directory / "s")))
    ids.push_back(json::parse(line)["id"]);
  CAF_CHECK_EQUAL(ids.size(), 312u);
  CAF_CHECK(std::is_sorted(ids.begin(), ids.end()));
}

CAF_TEST(replay_changes_nothing) {
  CAF_CHECK_EQUAL(cerk({"fill", "--store", store, "-n", "10"}).code, 0);
  const auto before = log(store);
  const auto first = cerk({"replay", "--store", store}).json();
  CAF_CHECK_EQUAL(cerk({"replay", "--store", store}).member("state_hash"), first["state_hash"]);
  CAF_CHECK_EQUAL(log(store), before);
}

CAF_TEST(the_result_comes_as_asked_for) {
  CAF_CHECK_EQUAL(cerk({"fill", "--store", store, "-n", "10"}).code, 0);
  const auto members = cerk({"replay", "--store", store, "-o", "ndjson"}).json();
  CAF_CHECK_EQUAL(members.size(), 8u);
  const auto text = lines_of(cerk({"replay", "--store", store, "-o", "text"}).out);
  CAF_REQUIRE_EQUAL(text.size(), 8u);
  CAF_CHECK_EQUAL(text[0], "events 10");
  const std::string hash = members["state_hash"];
  CAF_CHECK_EQUAL(text[6], "state_hash " + hash);
  const auto aggregates = std::to_string(members["aggregates"].get<int>());
  CAF_CHECK_EQUAL(text[7], "partition 0, events 10, aggregates " + aggregates
                             + ", void 0, quarantined 0, state_hash " + hash);
}

CAF_TEST(an_empty_store_has_nothing) {
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, write("empty", "")}).code, 0);
  const auto got = cerk({"replay", "--store", store});
  CAF_CHECK_EQUAL(got.code, 0);
  CAF_CHECK_EQUAL(got.member("events"), 0);
  CAF_CHECK_EQUAL(cerk({"export", "--store", store}).out, "");
}

CAF_TEST_FIXTURE_SCOPE_END()
