// HTTP itself: what is refused, what is kept in order, and what a client may do to its connection.
#define CAF_SUITE http_protocol

#include "writer_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;

namespace {

const std::string ada = create_body("ada", "Ada", "Byron");
const std::string length_of_ada = std::to_string(ada.size());

struct fixture {
  fixture() : service(directory, "memory:", {"--connections", "40"}) {
    if (!service.wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << service.log());
  }

  // Sends bytes; the status of the one answer, after which the service closes.
  unsigned refusal_of(const std::string& bytes) {
    auto client = service.client();
    client.write(bytes);
    const auto got = client.read();
    CAF_CHECK_EQUAL(got.field("Content-Type"), "application/problem+json");
    CAF_CHECK_EQUAL(got.field("Connection"), "close");
    CAF_CHECK(client.is_closed_by_service());
    return got.status;
  }

  unsigned refusal_of_post(const std::string& head) {
    return refusal_of("POST / HTTP/1.1\r\nHost: x\r\n" + head + "\r\n" + ada);
  }

  temporary_directory directory;
  writer_process service;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(http_protocol, fixture)

CAF_TEST(a_body_whose_end_is_not_certain_is_refused) {
  const std::string length = "Content-Length: " + length_of_ada + "\r\n";
  CAF_CHECK_EQUAL(refusal_of_post(length + length), 400u);
  CAF_CHECK_EQUAL(refusal_of_post(length + "Content-Length: 3\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Content-Length: 5, 5\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Content-Length: -1\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Content-Length: 99999999999999999999999\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post(length + "Transfer-Encoding: chunked\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Transfer-Encoding: chunked\r\n" + length), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Transfer-Encoding: gzip\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of_post("Transfer-Encoding: gzip, chunked\r\n"), 400u);
  CAF_CHECK_EQUAL(
    refusal_of("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n"), 400u);
}

CAF_TEST(what_is_not_http_is_refused) {
  CAF_CHECK_EQUAL(refusal_of("hello\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of("GET /healthz HTTP/1.1\r\n\r\n"), 400u);
  CAF_CHECK_EQUAL(refusal_of("GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n"), 400u);
}

CAF_TEST(a_head_above_8_kib_is_refused) {
  CAF_CHECK_EQUAL(refusal_of("GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(9'000, 'x')),
                  431u);
  CAF_CHECK_EQUAL(refusal_of("GET /" + std::string(9'000, 'x')), 431u);
}

CAF_TEST(pipelined_requests_are_answered_in_order) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  std::string requests = post + length_of_ada + "\r\n\r\n" + ada;
  for (int i = 2; i <= 20; ++i) {
    const auto body = update_body("ada", "Ada", std::to_string(i));
    requests += post + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  requests += "GET /aggregates/ada HTTP/1.1\r\nHost: x\r\n\r\n";
  auto client = service.client();
  client.write(requests);
  for (int i = 1; i <= 20; ++i)
    CAF_CHECK_EQUAL(client.read().json()["version"], i);
  CAF_CHECK_EQUAL(client.read().json()["state"]["last_name"], "20");
}

CAF_TEST(a_connection_lives_as_long_as_its_client_wants) {
  auto client = service.client();
  for (int i = 0; i < 5; ++i)
    CAF_CHECK_EQUAL(client.get("/healthz").status, 200u);
  CAF_CHECK_EQUAL(client.send("GET", "/healthz", {{"Connection", "close"}}).status, 200u);
  CAF_CHECK(client.is_closed_by_service());

  auto old = service.client();
  old.write("GET /healthz HTTP/1.0\r\n\r\n");
  CAF_CHECK_EQUAL(old.read().status, 200u);
  CAF_CHECK(old.is_closed_by_service());
}

CAF_TEST(a_refusal_of_what_was_read_well_keeps_the_connection) {
  auto client = service.client();
  CAF_CHECK_EQUAL(client.send("POST", "/nothing", {}, ada).status, 404u);
  CAF_CHECK_EQUAL(client.send("POST", "/healthz", {}, ada).status, 405u);
  CAF_CHECK_EQUAL(client.post("{").status, 400u);
  CAF_CHECK_EQUAL(client.get("/healthz").status, 200u);
}

CAF_TEST(a_chunked_command_is_taken) {
  auto client = service.client();
  client.write("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char byte : ada)
    client.write(std::string{"1\r\n"} + byte + "\r\n");
  client.write("0\r\nIdempotency-Key: \r\n\r\n"); // a trailer is no header
  CAF_CHECK_EQUAL(client.read().status, 200u);
  CAF_CHECK_EQUAL(client.get("/healthz").status, 200u);
}

CAF_TEST(a_client_that_waits_for_leave_is_told_to_go_on_or_why_not) {
  auto client = service.client();
  client.write("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: "
               + length_of_ada + "\r\n\r\n");
  CAF_CHECK_EQUAL(client.read().status, 100u);
  client.write(ada);
  CAF_CHECK_EQUAL(client.read().status, 200u);
  CAF_CHECK_EQUAL(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                             "Content-Length: 2097152\r\n\r\n"),
                  413u);
  CAF_CHECK_EQUAL(refusal_of("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                             "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\n"),
                  415u);
  CAF_CHECK_EQUAL(refusal_of("GET /healthz HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n"), 417u);
}

CAF_TEST(connections_are_bounded) {
  std::vector<http_client> taken;
  for (int i = 0; i < 40; ++i) {
    taken.push_back(service.client());
    CAF_REQUIRE(comes_true([&] { return taken.back().get("/healthz").status == 200; }));
  }
  auto one_more = service.client();
  const auto refused = one_more.read();
  CAF_CHECK_EQUAL(refused.status, 503u);
  CAF_CHECK(!refused.field("Retry-After").empty());
  CAF_CHECK(one_more.is_closed_by_service());
  taken.pop_back();
  CAF_CHECK(comes_true([&] {
    auto next = service.client();
    try {
      return next.get("/healthz").status == 200;
    } catch (const connection_lost&) {
      return false;
    }
  }));
}

CAF_TEST(a_client_that_goes_away_leaves_nothing_behind) {
  for (int i = 0; i < 30; ++i) {
    service.client().write("POST / HTTP/1.1\r\nHost: x\r\nContent-Le");
    service.client().write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{");
    const auto body = create_body("gone-" + std::to_string(i), "A", "B");
    service.client().write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "
                           + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  CAF_CHECK(comes_true([&] {
    auto client = service.client();
    return metric(client, "cerk_http_connections") == 1
           && metric(client, "cerk_events_appended_total") == 30;
  }));
}

CAF_TEST_FIXTURE_SCOPE_END()
