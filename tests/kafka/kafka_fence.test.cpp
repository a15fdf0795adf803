// Two cerk-writers on one topic: one of them serves, the other says so, and nothing is decided
// twice.
#define CAF_SUITE kafka_fence

#include "topic_writers.hpp"

using namespace system_test;

namespace {

const bool has_time = (caf::test::engine::max_runtime(900), true);

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_fence, topic_fixture)

CAF_TEST(a_writer_that_was_fenced_accepts_nothing_until_it_is_told_to_take_over) {
  constexpr int users = 40;
  std::mt19937_64 random{seed_of_this_run()};
  std::vector<sent_command> all;
  const auto send = [&](http_client& client, const std::string& type, int user) {
    sent_command command{.key = random_uuid(random),
                         .body = {{"type", type},
                                  {"id", "user-" + std::to_string(user)},
                                  {"first_name", "n" + std::to_string(all.size())},
                                  {"last_name", "B"}}};
    command.sent = sent_command::clock::now();
    const auto got = client.post(command.body.dump(), command.head());
    command.answered = sent_command::clock::now();
    if (got.status == 200)
      command.receipt = got.body;
    command.is_open = got.status == 504;
    all.push_back(std::move(command));
    return got;
  };
  const auto first = start({"--command-timeout", "2s"});
  auto to_first = first->client();
  for (int user = 0; user < users; ++user)
    CAF_REQUIRE_EQUAL(send(to_first, "CreateUserCommand", user).status, 200u);

  // -- the second claims, and the first does not know yet --
  const auto second = start({});
  auto to_second = second->client();
  std::map<unsigned, std::size_t> statuses;
  const auto send_to_fenced = [&](http_client& client) {
    for (int user = 0; user < 2 * users; ++user) { // some of them are new
      const auto got = send(client, user < users ? "UpdateUserCommand" : "CreateUserCommand", user);
      ++statuses[got.status];
      if (got.status == 503) {
        CAF_CHECK_EQUAL(got.json()["code"], "fenced");
        CAF_CHECK(!got.field("Retry-After").empty());
      }
    }
  };
  send_to_fenced(to_first);
  for (int user = 0; user < users; ++user) {
    const auto got = send(to_second, "UpdateUserCommand", user);
    CAF_CHECK_EQUAL(got.status, 200u);
    CAF_CHECK_EQUAL(got.json()["version"], 2);
  }
  CAF_CHECK(first->is("fenced"));
  CAF_CHECK_EQUAL(to_first.get("/readyz").status, 503u);
  send_to_fenced(to_first);
  CAF_MESSAGE("the first answered " << to_string(statuses));
  CAF_CHECK_EQUAL(statuses[503] + statuses[504], 4u * users);

  // -- and back --
  first->take_over();
  for (int user = 0; user < users; ++user) {
    const auto got = send(to_first, "UpdateUserCommand", user);
    CAF_CHECK_EQUAL(got.status, 200u);
    CAF_CHECK_EQUAL(got.json()["version"], 3);
  }
  statuses.clear();
  send_to_fenced(to_second);
  CAF_CHECK_EQUAL(statuses[503] + statuses[504], 2u * users);

  const auto found = check_log(cli, where, all);
  CAF_CHECK_EQUAL(found.claims, 3u * 4);
  // Each of the two wrote into each partition once more before it knew.
  CAF_CHECK_GREATER_OR_EQUAL(found.voids.at("stale_term"), 2u * 4);
}

CAF_TEST(two_writers_that_reclaim_take_turns_and_lose_nothing) {
  std::mt19937_64 random{seed_of_this_run()};
  const std::vector<std::string> flags{"--on-fenced", "reclaim", "--command-timeout", "2s"};
  const auto first = start(flags);
  const auto second = start(flags);
  const std::vector<std::string> shared{"both-0", "both-1", "both-2", "both-3"};
  load of_first{clients_of("first", 4, {first->address()}, shared, random)};
  load of_second{clients_of("second", 4, {second->address()}, shared, random)};
  load of_both{clients_of("both", 4, {first->address(), second->address()}, shared, random)};
  std::this_thread::sleep_for(10s + rounds(5) * 1s);
  for (auto* one : {&of_first, &of_second, &of_both})
    one->stop();

  std::vector<sent_command> all;
  for (const auto* one : {&of_first, &of_second, &of_both}) {
    check_oddities(*one);
    CAF_MESSAGE("answered " << to_string(one->statuses()) << "; at the latest after "
                            << one->slowest().count() << " ms");
    CAF_CHECK_GREATER(one->accepted(), 0u);
    const auto sent = one->sent();
    all.insert(all.end(), sent.begin(), sent.end());
  }
  CAF_MESSAGE("longest gap without a commit in a partition: " << longest_gap(all).count() << " ms");
  // 0.2 s where this was written. Two that keep each other from committing would stand still.
  CAF_CHECK(longest_gap(all) <= 5s);
  const auto found = check_log(cli, where, all);
  CAF_CHECK_GREATER(found.claims, 2u * 4); // more than the two starts made
}

CAF_TEST(a_writer_that_stood_still_for_longer_than_its_timeouts_decides_nothing_stale) {
  std::mt19937_64 random{seed_of_this_run()};
  const std::vector<std::string> flags{"--command-timeout", "1s", "--delivery-timeout", "1s"};
  const auto second = start(flags);
  const auto first = start(flags);
  std::vector<sent_command> all;
  for (int round = 1; round <= rounds(5); ++round) {
    const auto name = "r" + std::to_string(round);
    const std::vector<std::string> shared{name + "-0", name + "-1", name + "-2", name + "-3"};
    load of_first{clients_of(name + "first", 6, {first->address()}, shared, random)};
    load of_second{clients_of(name + "second", 4, {second->address()}, shared, random)};
    load of_both{
      clients_of(name + "both", 4, {first->address(), second->address()}, shared, random)};
    // The second is fenced: it finds out by what its clients send.
    second->wait_until("fenced");
    CAF_REQUIRE(comes_true([&] { return of_first.accepted() > 50; }));
    std::this_thread::sleep_for(
      std::chrono::milliseconds{std::uniform_int_distribution{0, 100}(random)});

    first->signal(SIGSTOP);
    const auto wakes
      = sent_command::clock::now()
        + std::chrono::milliseconds{std::uniform_int_distribution{1'200, 2'500}(random)};
    second->take_over();
    const auto before = of_second.accepted();
    CAF_CHECK(comes_true([&] { return of_second.accepted() > before + 50; }));
    std::this_thread::sleep_until(wakes);
    first->signal(SIGCONT);

    // It finds out in its turn, and is told to go on; so is the second, by its clients.
    first->take_over();
    second->wait_until("fenced");
    for (auto* one : {&of_first, &of_second, &of_both}) {
      one->stop();
      check_oddities(*one);
      const auto sent = one->sent();
      all.insert(all.end(), sent.begin(), sent.end());
    }
    CAF_MESSAGE("round " << round << ": the first accepted " << of_first.accepted()
                         << " and answered " << to_string(of_first.statuses())
                         << ", the second accepted " << of_second.accepted());
  }
  const auto found = check_log(cli, where, all);
  CAF_CHECK_GREATER_OR_EQUAL(found.claims, static_cast<std::size_t>(8 * rounds(5)));
}

CAF_TEST_FIXTURE_SCOPE_END()
