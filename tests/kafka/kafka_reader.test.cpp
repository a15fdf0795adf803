// Following a topic: two owners as one history, a saved position, many partitions that are idle.
#define CAF_SUITE kafka_reader

#include "cerk/reader.hpp"

#include "kafka/pipeline.hpp"
#include "store_contract.hpp"
#include "support/kafka_cluster.hpp"

#include <thread>

using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

constexpr cerk::partition_id home{0};

// The next `count` events, as "partition id version".
strings follow(cerk::reader& following, std::size_t count) {
  strings all;
  while (all.size() < count)
    for (const auto& e : following.next(5s).value().events)
      all.push_back(std::to_string(e.partition.value) + ' ' + e.key + ' '
                    + std::to_string(e.version.value));
  return all;
}

} // namespace

CAF_TEST(a_fenced_owner_s_records_are_not_seen_and_a_late_one_is_no_damage_after_a_restart) {
  const auto topic = fresh_topic(1);
  cerk::kafka_provider first{topic};
  contract::claim(first, home, 11, 0);
  contract::append_one(first, 11, contract::make_commit("ada", 0, 2));
  cerk::kafka_provider second{topic};
  contract::claim(second, home, 12, 11);
  contract::append_one(second, 12, contract::make_commit("ada", 2));

  cerk::kafka_provider elsewhere{topic};
  auto following = cerk::reader::open(elsewhere).value();
  CAF_CHECK_EQUAL(follow(*following, 3), (strings{"0 ada 1", "0 ada 2", "0 ada 3"}));
  const auto saved = to_string(following->position());

  contract::append_one(first, 11,
                       contract::make_commit("ada", 2)); // fenced, and lands all the same
  contract::append_one(second, 12, contract::make_commit("ada", 3));
  CAF_CHECK_EQUAL(follow(*following, 1), strings{"0 ada 4"});
  CAF_CHECK_EQUAL(following->voids().at("stale_term"), 1u);
  following
    = cerk::reader::open(elsewhere, {.position = cerk::reader_position::parse(saved).value()})
        .value();
  CAF_CHECK_EQUAL(follow(*following, 1), strings{"0 ada 4"});
  CAF_CHECK_EQUAL(following->voids().at("stale_term"), 1u);
}

CAF_TEST(idle_partitions_do_not_keep_one_waiting_that_is_busy) {
  constexpr std::int32_t partitions = 16;
  cerk::kafka_provider store{fresh_topic(partitions)};
  contract::claim_all(store, 11, 0);
  const auto following = cerk::reader::open(store).value();
  while (!following->has_caught_up())
    following->next(1s).value();
  CAF_CHECK(following->next(0ms).value().events.empty());
  const auto began = std::chrono::steady_clock::now();
  // Each comes while it waits, and in another partition than the one it waits at.
  for (const std::string id : {"ada", "bob", "cid", "dan"}) {
    std::thread writer{[&] { contract::append_one(store, 11, contract::make_commit(id, 0)); }};
    const auto p = std::to_string(contract::home_of(store, id).value);
    CAF_CHECK_EQUAL(follow(*following, 1), strings{p + ' ' + id + " 1"});
    writer.join();
  }
  const auto took = std::chrono::steady_clock::now() - began;
  CAF_MESSAGE("took " << std::chrono::duration_cast<std::chrono::milliseconds>(took).count()
                      << " ms");
  CAF_CHECK(took < 4s);
}

CAF_TEST(a_position_whose_records_were_never_there_is_refused) {
  cerk::kafka_provider store{fresh_topic(1)};
  const auto opened = cerk::reader::open(store, {.position = {{{{5}, {7}, 1}}}});
  CAF_REQUIRE(!opened);
  CAF_CHECK(opened.error().code == cerk::errc::store_unusable);
}
