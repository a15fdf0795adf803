// What the Go library wrote goes on over HTTP, and what is written then can be read by it.
#define CAF_SUITE kafka_legacy

#include "topic_writers.hpp"

using namespace system_test;
using nlohmann::json;

CAF_TEST_FIXTURE_SCOPE(kafka_legacy, topic_fixture)

CAF_TEST(users_of_the_go_library_go_on_from_the_number_of_their_events) {
  std::vector<std::string> import{"import",        go_users, "--create-topic", "--partitions", "4",
                                  "--replication", "1"};
  import.insert(import.end(), where.begin(), where.end());
  CAF_REQUIRE_EQUAL(cli.cerk(import).code, 0);
  const auto writer = start({});
  auto client = writer->client();
  std::size_t users = 0;
  for (const auto& line :
       lines_of(content_of(std::string{CERK_TEST_DATA} + "/go-users.state.jsonl"))) {
    const auto user = json::parse(line);
    const std::string id = user["id"];
    const auto version = user["version"].get<std::uint64_t>();
    const auto before = client.get("/aggregates/" + id).json();
    CAF_CHECK_EQUAL(before["version"], version);
    CAF_CHECK_EQUAL(before["state"]["first_name"], user["first_name"]);
    CAF_CHECK_EQUAL(client.post(create_body(id, "A", "B")).status, 409u);
    const auto body = update_body(id, "Ada \"\u00e9\n", "{[1]}");
    CAF_CHECK_EQUAL(
      client.post(body, {{"If-Match", '"' + std::to_string(version + 1) + '"'}}).status, 412u);
    const auto got = client.post(body, {{"If-Match", '"' + std::to_string(version) + '"'}});
    CAF_CHECK_EQUAL(got.status, 200u);
    CAF_CHECK_EQUAL(got.json()["version"], version + 1);
    ++users;
  }
  CAF_CHECK_EQUAL(users, 312u);
  CAF_CHECK_EQUAL(client.post(create_body("new", "A", "B")).json()["version"], 1);
  CAF_CHECK_EQUAL(writer->stop(), 0);

  // Every value, claims included, is what the Go library's reader survives.
  std::vector<std::string> all{"export"};
  all.insert(all.end(), where.begin(), where.end());
  const auto exported = cli.cerk(all);
  CAF_REQUIRE_EQUAL(exported.code, 0);
  std::size_t claims = 0;
  std::size_t records = 0;
  for (const auto& line : lines_of(exported.out)) {
    const auto value = json::parse(json::parse(line)["value"].get<std::string>());
    CAF_REQUIRE(value.is_object());
    CAF_CHECK(value.contains("id") && value["id"].is_string());
    CAF_CHECK(value.contains("type") && value["type"].is_string());
    CAF_CHECK(std::none_of(value.begin(), value.end(),
                           [](const json& member) { return member.is_structured(); }));
    claims += value["type"] == "cerk.claim" ? 1 : 0;
    ++records;
  }
  CAF_CHECK_EQUAL(claims, 4u);
  CAF_CHECK_EQUAL(records, 1'200u + claims + users + 1);
}

CAF_TEST_FIXTURE_SCOPE_END()
