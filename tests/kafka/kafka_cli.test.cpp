// The command line on a topic: what the Go library wrote, and back again.
#define CAF_SUITE kafka_cli

#include "support/kafka_cluster.hpp"
#include "system/cli_process.hpp"

#include <map>

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture : cli_fixture {
  // Runs cerk on a topic of this test.
  auto on(const std::string& topic, std::vector<std::string> arguments) {
    const std::vector<std::string> more{"--store", "kafka:" + topic, "-b", kafka_brokers()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return cerk(arguments);
  }

  static std::string name(const char* of) {
    return std::string{of} + std::to_string(getpid());
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_cli, fixture)

CAF_TEST(what_the_go_library_wrote_keeps_its_partitions_and_restores_to_the_same_state) {
  const auto topic = name("go");
  const auto imported
    = on(topic, {"import", go_users, "--create-topic", "--partitions", "4", "--replication", "1"});
  CAF_REQUIRE_EQUAL(imported.code, 0);
  CAF_CHECK_EQUAL(imported.member("records"), 1200);
  const auto got = on(topic, {"replay", "--state-out", directory / "s.jsonl"});
  CAF_REQUIRE_EQUAL(got.code, 0);
  CAF_CHECK_EQUAL(got.member("events"), 1200);
  CAF_CHECK_EQUAL(got.member("aggregates"), 312);
  std::map<std::string, json> expected;
  for (const auto& line :
       lines_of(content_of(std::string{CERK_TEST_DATA} + "/go-users.state.jsonl"))) {
    const auto user = json::parse(line);
    expected[user["id"]] = user;
  }
  const auto states = lines_of(content_of(directory / "s.jsonl"));
  CAF_CHECK_EQUAL(states.size(), expected.size());
  for (const auto& line : states) {
    const auto user = json::parse(line);
    const auto& wanted = expected.at(user["id"]);
    CAF_CHECK(user["version"] == wanted["version"]);
    CAF_CHECK(user["state"]["first_name"] == wanted["first_name"]);
    CAF_CHECK(user["state"]["last_name"] == wanted["last_name"]);
  }
  // Key and value bytes as they were, each in its partition and in its order.
  const auto back = directory / "back.jsonl";
  CAF_REQUIRE_EQUAL(on(topic, {"export", back}).code, 0);
  const auto by_partition = [](const std::string& file) {
    std::map<std::int64_t, std::vector<std::pair<std::string, std::string>>> all;
    for (const auto& line : lines_of(content_of(file))) {
      const auto record = json::parse(line);
      all[record["partition"]].emplace_back(record["key"], record["value"]);
    }
    return all;
  };
  CAF_CHECK(by_partition(back) == by_partition(go_users));
}

CAF_TEST(a_topic_that_was_filled_moves_into_a_file_and_is_the_same) {
  const auto topic = name("filled");
  CAF_REQUIRE_EQUAL(on(topic, {"fill", "-n", "2000", "--aggregates", "100", "--create-topic",
                               "--partitions", "1", "--replication", "1"})
                      .code,
                    0);
  const auto there = on(topic, {"replay"});
  CAF_REQUIRE_EQUAL(there.code, 0);
  CAF_CHECK_EQUAL(there.member("events"), 2000);
  const auto file = directory / "f.jsonl";
  CAF_REQUIRE_EQUAL(on(topic, {"export", file}).code, 0);
  CAF_REQUIRE_EQUAL(cerk({"import", file, "--store", store}).code, 0);
  CAF_CHECK_EQUAL(cerk({"replay", "--store", store}).member("state_hash"),
                  there.member("state_hash"));
  const auto some = on(topic, {"fetch", "-n", "5", "-o", "ndjson"});
  CAF_CHECK_EQUAL(lines_of(some.out).size(), 5u);
}

CAF_TEST(a_missing_topic_is_made_only_when_asked) {
  const auto got = on(name("missing"), {"fill", "-n", "1"});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("the topic does not exist"));
}

CAF_TEST_FIXTURE_SCOPE_END()
