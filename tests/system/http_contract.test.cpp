// What CONTRACT promises for each request, asked of a running cerk-writer.
#define CAF_SUITE http_contract

#include "writer_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture {
  fixture() {
    start();
  }

  void start() {
    service = std::make_unique<writer_process>(directory, store);
    if (!service->wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << service->log());
    client = std::make_unique<http_client>(service->client());
  }

  void restart() {
    client.reset();
    CAF_CHECK_EQUAL(service->stop(), 0);
    start();
  }

  // That a reply is a problem with this status, and what it says.
  json_copy problem(const answer& got, unsigned status) {
    CAF_CHECK_EQUAL(got.status, status);
    CAF_CHECK_EQUAL(got.field("Content-Type"), "application/problem+json");
    auto body = got.json();
    CAF_CHECK_EQUAL(body["status"], status);
    CAF_CHECK(body["type"].is_string());
    CAF_CHECK(body["title"].is_string());
    CAF_CHECK(body["detail"].is_string());
    return body;
  }

  temporary_directory directory;
  std::string store = "sqlite:" + directory / "u.db";
  std::unique_ptr<writer_process> service;
  std::unique_ptr<http_client> client;
};

const std::string ada = create_body("ada", "Ada", "Byron");

std::string nested(int depth) {
  // The body itself is the first level.
  return R"({"type":"CreateUserCommand","id":"deep","first_name":"A","last_name":"B","more":)"
         + std::string(static_cast<std::size_t>(depth - 1), '[')
         + std::string(static_cast<std::size_t>(depth - 1), ']') + "}";
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_contract, fixture)

CAF_TEST(a_create_and_an_update_are_answered_by_their_receipts) {
  const auto created = client->post(ada);
  CAF_CHECK_EQUAL(created.status, 200u);
  CAF_CHECK_EQUAL(created.field("Content-Type"), "application/json");
  CAF_CHECK_EQUAL(created.field("ETag"), "\"1\"");
  const auto receipt = created.json();
  CAF_CHECK_EQUAL(receipt["id"], "ada");
  CAF_CHECK_EQUAL(receipt["version"], 1);
  CAF_CHECK_EQUAL(receipt["partition"], 0);
  CAF_CHECK_GREATER(receipt["offset"].get<int>(), -1);
  CAF_CHECK_EQUAL(receipt["events"].size(), 1u);
  CAF_CHECK_EQUAL(receipt.size(), 5u);

  const auto updated = client->post(update_body("ada", "Ada", "Lovelace"));
  CAF_CHECK_EQUAL(updated.status, 200u);
  CAF_CHECK_EQUAL(updated.field("ETag"), "\"2\"");
  CAF_CHECK_EQUAL(updated.json()["version"], 2);
}

CAF_TEST(a_create_without_an_id_makes_one) {
  const auto body = R"({"type":"CreateUserCommand","first_name":"A","last_name":"B"})";
  const std::string first = client->post(body).json()["id"];
  const std::string second = client->post(body).json()["id"];
  CAF_CHECK_EQUAL(first.size(), 36u);
  CAF_CHECK_EQUAL(first.at(14), '7');
  CAF_CHECK_NOT_EQUAL(first, second);
  CAF_CHECK_EQUAL(client->get("/aggregates/" + first).status, 200u);
}

CAF_TEST(an_update_that_changes_nothing_has_a_receipt_without_events) {
  client->post(ada);
  const auto same = client->post(update_body("ada", "Ada", "Byron"));
  CAF_CHECK_EQUAL(same.status, 200u);
  CAF_CHECK_EQUAL(same.json()["version"], 1);
  CAF_CHECK(same.json()["events"].empty());
}

CAF_TEST(a_version_that_is_expected_must_be_the_actual_one) {
  client->post(ada);
  const auto updated = client->post(update_body("ada", "A", "L"), {{"If-Match", "\"1\""}});
  CAF_CHECK_EQUAL(updated.status, 200u);
  const auto late = client->post(update_body("ada", "A", "M"), {{"If-Match", "\"1\""}});
  CAF_CHECK_EQUAL(problem(late, 412)["version"], 2);
  problem(client->post(update_body("nobody", "A", "M"), {{"If-Match", "\"1\""}}), 412);
  CAF_CHECK_EQUAL(all_events(*client, "ada").size(), 2u);
}

CAF_TEST(the_same_key_gives_the_first_receipt_again_also_after_a_restart) {
  const auto first = client->post(ada, {{"Idempotency-Key", "one"}});
  const auto update = update_body("ada", "Ada", "L");
  const auto second = client->post(update, {{"Idempotency-Key", "two"}});
  CAF_CHECK_EQUAL(client->post(ada, {{"Idempotency-Key", "one"}}).body, first.body);
  CAF_CHECK_EQUAL(client->post(ada, {{"Idempotency-Key", "one"}}).field("ETag"), "\"1\"");
  restart();
  CAF_CHECK_EQUAL(client->post(ada, {{"Idempotency-Key", "one"}}).body, first.body);
  CAF_CHECK_EQUAL(client->post(update, {{"Idempotency-Key", "two"}}).body, second.body);
  CAF_CHECK_EQUAL(metric(*client, "cerk_events_appended_total"), 0);
  CAF_CHECK_EQUAL(all_events(*client, "ada").size(), 2u);
}

CAF_TEST(a_key_with_another_body_is_refused_and_with_another_notation_is_not) {
  const auto first = client->post(ada, {{"Idempotency-Key", "one"}});
  const auto other = client->post(create_body("ada", "Eve", "B"), {{"Idempotency-Key", "one"}});
  CAF_CHECK_EQUAL(problem(other, 422)["code"], "command_id_reused");
  const auto spaced = "  " + json::parse(ada).dump(2) + "\n";
  CAF_CHECK_EQUAL(client->post(spaced, {{"Idempotency-Key", "one"}}).body, first.body);
}

CAF_TEST(a_create_with_a_key_and_without_an_id_finds_its_first_try) {
  const auto body = R"({"type":"CreateUserCommand","first_name":"A","last_name":"B"})";
  const auto first = client->post(body, {{"Idempotency-Key", "one"}});
  CAF_CHECK_EQUAL(first.status, 200u);
  CAF_CHECK_EQUAL(client->post(body, {{"Idempotency-Key", "one"}}).body, first.body);
  CAF_CHECK_NOT_EQUAL(client->post(body, {{"Idempotency-Key", "two"}}).body, first.body);
}

CAF_TEST(the_domain_refuses_with_field_code_and_text) {
  const auto unknown = problem(client->post(update_body("nobody", "A", "B")), 404);
  CAF_CHECK_EQUAL(unknown["errors"][0]["code"], "no_such_user");
  client->post(ada);
  const auto twice = problem(client->post(ada), 409);
  CAF_CHECK_EQUAL(twice["errors"][0]["field"], "id");
  CAF_CHECK_EQUAL(twice["errors"][0]["code"], "user_exists");
  CAF_CHECK(!twice["errors"][0]["text"].get<std::string>().empty());
}

CAF_TEST(an_aggregate_is_read_with_its_version) {
  problem(client->get("/aggregates/ada"), 404);
  client->post(ada);
  const auto read = client->get("/aggregates/ada");
  CAF_CHECK_EQUAL(read.status, 200u);
  CAF_CHECK_EQUAL(read.field("ETag"), "\"1\"");
  CAF_CHECK_EQUAL(read.json(), json::parse(R"({"id":"ada","type":"user","version":1,
                                  "state":{"first_name":"Ada","last_name":"Byron"}})"));
  const auto head = client->send("HEAD", "/aggregates/ada");
  CAF_CHECK_EQUAL(head.status, 200u);
  CAF_CHECK_EQUAL(head.field("Content-Length"), std::to_string(read.body.size()));
  problem(client->get("/aggregates/a%20b"), 400);
}

CAF_TEST(events_are_read_in_order_and_in_pages) {
  problem(client->get("/aggregates/ada/events"), 404);
  std::vector<std::string> ids{client->post(ada).json()["events"][0]};
  for (int i = 2; i <= 250; ++i)
    ids.push_back(client->post(update_body("ada", "Ada", std::to_string(i))).json()["events"][0]);

  const auto page = client->get("/aggregates/ada/events?after=1&limit=2").json();
  CAF_REQUIRE_EQUAL(page["events"].size(), 2u);
  CAF_CHECK_EQUAL(page["next"], 3);
  const auto event = page["events"][0];
  CAF_CHECK_EQUAL(event["version"], 2);
  CAF_CHECK_EQUAL(event["type"], "UserModifiedEvent");
  CAF_CHECK_EQUAL(event["id"], ids[1]);
  CAF_CHECK_EQUAL(event["partition"], 0);
  CAF_CHECK(event["offset"].is_number());
  CAF_CHECK_EQUAL(event["value"]["last_name"], "2");
  CAF_CHECK_EQUAL(event["value"]["id"], "ada");

  CAF_CHECK_EQUAL(client->get("/aggregates/ada/events").json()["events"].size(), 100u);
  CAF_CHECK(!client->get("/aggregates/ada/events?after=150").json().contains("next"));
  CAF_CHECK(client->get("/aggregates/ada/events?after=250").json()["events"].empty());
  const auto all = all_events(*client, "ada");
  CAF_REQUIRE_EQUAL(all.size(), ids.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAF_CHECK_EQUAL(all[i]["version"], i + 1);
    CAF_CHECK_EQUAL(all[i]["id"], ids[i]);
  }
}

CAF_TEST(health_readiness_and_metrics_answer) {
  CAF_CHECK_EQUAL(client->get("/healthz").status, 200u);
  const auto ready = client->get("/readyz");
  CAF_CHECK_EQUAL(ready.status, 200u);
  CAF_CHECK_EQUAL(ready.json()["partitions"][0]["phase"], "serving");
  client->post(ada);
  client->post(ada);
  const auto metrics = client->get("/metrics");
  CAF_CHECK(metrics.field("Content-Type").starts_with("text/plain; version=0.0.4"));
  CAF_CHECK_EQUAL(metric(*client, "cerk_events_appended_total"), 1);
  CAF_CHECK_EQUAL(metric(*client, "cerk_commands_total{outcome=\"accepted\"}"), 1);
  CAF_CHECK_EQUAL(metric(*client, "cerk_commands_total{outcome=\"rejected\"}"), 1);
  CAF_CHECK_EQUAL(metrics.body.find("ada"), std::string::npos);
}

CAF_TEST(what_is_no_command_is_refused_with_what_is_wrong_and_leaves_the_log_unchanged) {
  client->post(ada);
  const auto before = client->get("/aggregates/ada/events").body;
  const std::vector<std::pair<std::string, std::string>> bodies{
    {"", "not JSON"},
    {"{\"type\":", "not JSON"},
    {ada + "x", "not JSON"},
    {"[]", "not a JSON object"},
    {"{}", "'type': is missing"},
    {R"({"type":1})", "'type': is not a string"},
    {R"({"type":"DeleteUserCommand"})", "unknown command type 'DeleteUserCommand'"},
    {R"({"type":"CreateUserCommand","first_name":"A"})", "last_name"},
    {R"({"type":"CreateUserCommand","first_name":"A","last_name":7})", "last_name"},
    {R"({"type":"CreateUserCommand","first_name":null,"last_name":"B"})", "first_name"},
    {create_body("a b", "A", "B"), "'a b' is no aggregate id"},
    {create_body("", "A", "B"), "is no aggregate id"},
    {create_body(std::string(129, 'a'), "A", "B"), "is no aggregate id"},
    {R"({"type":"CreateUserCommand","id":5,"first_name":"A","last_name":"B"})", "'id': is not"},
    {"{\"type\":\"CreateUserCommand\",\"first_name\":\"\xff\",\"last_name\":\"B\"}", "UTF-8"},
    {R"({"type":"CreateUserCommand","first_name":"A","last_name":"\ud800"})", "not JSON"},
    {R"({"type":"CreateUserCommand","first_name":"A","first_name":"A","last_name":"B"})",
     "'first_name' twice"},
    {nested(65), "deeper than 64"},
    {std::string(1 << 20, '['), "not JSON"},
  };
  for (const auto& [body, what] : bodies) {
    const std::string detail = problem(client->post(body), 400)["detail"];
    CAF_MESSAGE(detail);
    CAF_CHECK_NOT_EQUAL(detail.find(what), std::string::npos);
  }
  CAF_CHECK_EQUAL(client->get("/aggregates/ada/events").body, before);
  CAF_CHECK_EQUAL(metric(*client, "cerk_events_appended_total"), 1);
  CAF_CHECK_EQUAL(metric(*client, "cerk_aggregates"), 1);
  CAF_CHECK_EQUAL(client->post(nested(64)).status, 200u);
}

CAF_TEST(a_body_with_very_many_keys_is_read_in_time) {
  std::string body = R"({"type":"CreateUserCommand","id":"ada","first_name":"A","last_name":"B")";
  for (int i = 0; body.size() < 1'000'000; ++i)
    body += ",\"" + std::to_string(i) + "\":0";
  const auto begun = std::chrono::steady_clock::now();
  CAF_CHECK_EQUAL(client->post(body + "}").status, 200u);
  CAF_CHECK(std::chrono::steady_clock::now() - begun < 5s);
}

CAF_TEST(bad_headers_of_a_command_are_refused) {
  problem(client->post(ada, {{"If-Match", "*"}}), 400);
  problem(client->post(ada, {{"If-Match", "W/\"0\""}}), 400);
  problem(client->post(ada, {{"Idempotency-Key", "k"}, {"Idempotency-Key", "k"}}), 400);
  problem(client->post(ada, {{"Idempotency-Key", std::string(256, 'k')}}), 400);
  problem(client->send("POST", "/", {{"Content-Type", "text/plain"}}, ada), 415);
  problem(client->get("/aggregates/ada"), 404);
}

CAF_TEST(a_command_without_a_length_is_refused) {
  client->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\r\n");
  problem(client->read(), 411);
}

CAF_TEST(too_large_a_body_is_refused_before_it_is_read) {
  client->write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2097152\r\n\r\n");
  problem(client->read(), 413);

  auto sends_it_all = service->client();
  problem(sends_it_all.post(std::string(2 << 20, 'x')), 413);

  auto chunked = service->client();
  chunked.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n");
  problem(chunked.read(), 413);
}

CAF_TEST(too_large_an_event_is_refused) {
  const auto body = create_body("ada", std::string(600 << 10, 'x'), "B");
  CAF_CHECK_EQUAL(problem(client->post(body), 413)["code"], "event_too_large");
  problem(client->get("/aggregates/ada"), 404);
}

CAF_TEST(paths_and_methods_that_do_not_exist_are_refused) {
  problem(client->get("/nothing"), 404);
  problem(client->send("POST", "/nothing", {}, ada), 404);
  const auto method = client->get("/");
  problem(method, 405);
  CAF_CHECK_EQUAL(method.field("Allow"), "POST");
  CAF_CHECK_EQUAL(client->send("DELETE", "/aggregates/ada").field("Allow"), "GET, HEAD");
  problem(client->get("/aggregates/ada/events?page=2"), 400);
}

CAF_TEST_FIXTURE_SCOPE_END()
