// A repository on a real broker: commands, restarts, two owners.
#define CAF_SUITE kafka_repository

#include <cerk/cerk.hpp>
#include <cerk/kafka_provider.hpp>

#include "support/account.hpp"
#include "support/kafka_cluster.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;
using namespace bank;

namespace {

struct fixture {
  actor_system_config config;
  caf::actor_system system{config};
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_repository_tests, fixture)

CAF_TEST(what_was_committed_is_there_after_a_restart_with_the_same_receipts) {
  const auto topic = fresh_topic(4);
  std::vector<receipt> receipts;
  std::uint64_t hash = 0;
  const auto key = [](int i) { return "key" + std::to_string(i); };
  {
    kafka_provider store{topic};
    repository repo{system, store, {}, accounts};
    std::vector<std::future<outcome>> answers;
    const auto send = [&](int i, auto command) {
      answers.push_back(repo.of(accounts).send_async("a" + std::to_string(i % 50), command,
                                                     {.command_key = key(i)}));
    };
    for (int i = 0; i < 50; ++i)
      send(i, open{"Ada"});
    for (int i = 50; i < 500; ++i)
      send(i, deposit{i});
    for (auto& answer : answers) {
      const auto result = answer.get();
      CAF_REQUIRE(result.accepted());
      receipts.push_back(*result.get_receipt());
    }
    hash = repo.state_hash();
  }
  kafka_provider store{topic};
  repository repo{system, store, {}, accounts};
  CAF_CHECK_EQUAL(repo.state_hash(), hash);
  for (int i = 0; i < 50; ++i) {
    const auto again
      = repo.of(accounts).send("a" + std::to_string(i), open{"Ada"}, {.command_key = key(i)});
    CAF_REQUIRE(again.accepted());
    CAF_CHECK(*again.get_receipt() == receipts[static_cast<std::size_t>(i)]);
  }
  CAF_CHECK_EQUAL(repo.state_hash(), hash);
}

CAF_TEST(a_second_owner_takes_over_and_the_first_one_is_fenced) {
  const auto topic = fresh_topic(2);
  kafka_provider first_store{topic};
  repository first{system, first_store, {}, accounts};
  CAF_CHECK(first.of(accounts).send("a", open{"Ada"}).accepted());
  kafka_provider second_store{topic};
  repository second{system, second_store, {}, accounts};
  CAF_CHECK(second.of(accounts).send("a", deposit{5}).accepted());
  const auto late = first.of(accounts).send("a", deposit{7});
  CAF_REQUIRE(late.get_failure() != nullptr);
  CAF_CHECK(late.get_failure()->code == errc::fenced);
  CAF_CHECK(first.of(accounts).send("a", deposit{7}).get_failure()->code == errc::fenced);
  CAF_CHECK_EQUAL(second.of(accounts).get("a").value().state.balance, 5);
}

CAF_TEST_FIXTURE_SCOPE_END()
