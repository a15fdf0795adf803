// How the service ends when it is asked to: what was taken is answered, and then it is gone.
#define CAF_SUITE writer_stop

#include "writer_process.hpp"

#include <atomic>
#include <thread>

#include "caf/test/unit_test.hpp"

using namespace system_test;

namespace {

struct fixture {
  void start(std::vector<std::string> flags = {}) {
    service = std::make_unique<writer_process>(directory, "sqlite:" + directory / "u.db",
                                               std::move(flags));
    if (!service->wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << service->log());
  }

  temporary_directory directory;
  std::unique_ptr<writer_process> service;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(writer_stop, fixture)

CAF_TEST(a_stop_under_load_answers_what_is_in_flight_and_keeps_what_it_promised) {
  constexpr int clients = 16;
  start();
  std::vector<std::vector<std::string>> promised(clients);
  std::atomic<int> odd_answers = 0;
  std::atomic<int> answered = 0;
  std::vector<std::thread> load;
  for (int c = 0; c < clients; ++c)
    load.emplace_back([&, c] {
      try {
        auto client = service->client();
        for (int i = 0;; ++i) {
          const auto id = std::to_string(c) + "-" + std::to_string(i);
          const auto got = client.post(create_body(id, "A", "B"));
          if (got.status == 200)
            promised[static_cast<std::size_t>(c)].push_back(id);
          else if (got.status != 503)
            ++odd_answers;
          ++answered;
        }
      } catch (const connection_lost&) {
      }
    });
  CAF_CHECK(comes_true([&] { return answered > 500; }));
  CAF_CHECK_EQUAL(service->stop(), 0);
  for (auto& client : load)
    client.join();
  CAF_CHECK_EQUAL(odd_answers.load(), 0);
  CAF_CHECK(contains(service->log(), "every request was answered"));

  start();
  auto client = service->client();
  std::size_t count = 0;
  for (const auto& of_one : promised)
    for (const auto& id : of_one) {
      CAF_CHECK_EQUAL(client.get("/aggregates/" + id).status, 200u);
      ++count;
    }
  // And no more: a command that took effect without an answer was not drained.
  CAF_CHECK_EQUAL(metric(client, "cerk_aggregates"), count);
}

CAF_TEST(an_idle_connection_does_not_hold_the_service) {
  start();
  auto client = service->client();
  CAF_CHECK_EQUAL(client.get("/healthz").status, 200u);
  service->signal(SIGINT);
  CAF_CHECK_EQUAL(service->wait(), 0);
  CAF_CHECK(client.is_closed_by_service());
  CAF_CHECK(contains(service->log(), "every request was answered"));
}

CAF_TEST(starting_and_stopping_again_and_again_always_ends) {
  for (int i = 0; i < 40; ++i) {
    std::filesystem::remove(directory / "port");
    service = std::make_unique<writer_process>(directory, "sqlite:" + directory / "u.db");
    if (i % 2 == 0) {
      // While it restores, or just after.
      CAF_REQUIRE(comes_true([&] { return std::filesystem::exists(directory / "port"); }));
    } else {
      CAF_REQUIRE(service->wait_until_ready());
      CAF_CHECK_EQUAL(service->client().post(create_body(std::to_string(i), "A", "B")).status,
                      200u);
    }
    CAF_CHECK_EQUAL(service->stop(), 0);
  }
}

CAF_TEST(a_request_that_has_begun_is_read_to_its_end_and_answered) {
  start();
  auto client = service->client();
  const auto body = create_body("ada", "A", "B");
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size())
               + "\r\nExpect: 100-continue\r\n\r\n");
  CAF_CHECK_EQUAL(client.read().status, 100u);
  service->signal(SIGTERM);
  CAF_CHECK(comes_true([&] { return contains(service->log(), "taking no more commands"); }));
  client.write(body);
  const auto got = client.read();
  CAF_CHECK_EQUAL(got.field("Connection"), "close");
  CAF_CHECK(got.status == 503 || got.status == 200);
  CAF_CHECK_EQUAL(service->wait(), 0);
}

CAF_TEST(a_request_that_never_ends_is_cut_after_the_drain_timeout_and_reported) {
  start({"--drain-timeout", "100ms"});
  auto client = service->client();
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  CAF_CHECK_EQUAL(client.read().status, 100u);
  CAF_CHECK_EQUAL(service->stop(), 0);
  CAF_CHECK(contains(service->log(), "1 requests had no answer"));
}

CAF_TEST(a_second_signal_ends_it_at_once) {
  start({"--drain-timeout", "1h"});
  auto client = service->client();
  client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
  CAF_CHECK_EQUAL(client.read().status, 100u);
  service->signal(SIGTERM);
  CAF_CHECK(comes_true([&] { return contains(service->log(), "taking no more commands"); }));
  service->signal(SIGTERM);
  CAF_CHECK_EQUAL(service->wait(), 128 + SIGTERM);
}

CAF_TEST_FIXTURE_SCOPE_END()
