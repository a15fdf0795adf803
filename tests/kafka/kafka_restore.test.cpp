// Restores of one topic: whatever the settings, and whatever one event is like, the same state.
#define CAF_SUITE kafka_restore

#include "restored_topic.hpp"
#include "system/repeated.hpp"

#include <cmath>

using namespace cerk;
using namespace system_test;

namespace {

const bool has_time = (caf::test::engine::max_runtime(900), true);

constexpr int events_by_default = 100'000;

// Log-uniform: small numbers are as likely as large ones.
std::size_t some(std::mt19937_64& random, std::size_t least, std::size_t most) {
  std::uniform_real_distribution<double> exponent{std::log2(least), std::log2(most)};
  return static_cast<std::size_t>(std::exp2(exponent(random)));
}

} // namespace

CAF_TEST(ten_restores_with_random_settings_have_the_same_state_hashes) {
  std::mt19937_64 random{seed_of_this_run()};
  restored_topic topic{4, events_by_default / 2, 5'000};
  topic.write();
  std::vector<std::uint64_t> first;
  for (int i = 0; i < 10; ++i) {
    const auto workers = some(random, 1, 16);
    auto with = topic.options();
    with.settings = {{"queued.max.messages.kbytes", std::to_string(some(random, 16, 1 << 16))},
                     {"fetch.message.max.bytes", std::to_string(some(random, 4'096, 1 << 22))}};
    repository_options options;
    options.restore_window_events_max = some(random, 1, 100'000);
    // As many consumers read at a time.
    options.restore_partitions_max = some(random, 1, 5);
    options.restore_bytes_in_flight_max = some(random, 1'024, 256 << 20);
    // An owner's claim changes the log and not the state.
    options.read_only = random() % 2 == 0;
    CAF_MESSAGE("workers " << workers << ", partitions at a time " << options.restore_partitions_max
                           << ", window " << options.restore_window_events_max << " events, "
                           << options.restore_bytes_in_flight_max << " bytes, "
                           << with.settings[0].second << " KiB ahead, " << with.settings[1].second
                           << " bytes a fetch");
    actor_system_config config;
    config.workers(workers);
    caf::actor_system system{config};
    kafka_provider store{with};
    const repository repo{system, store, options, bank::accounts};
    const auto hashes = repo.state_hashes();
    if (first.empty())
      first = hashes;
    CAF_CHECK_EQUAL(hashes, first);
    CAF_CHECK_EQUAL(repo.metrics().aggregates, 5'000u);
  }
}

CAF_TEST(one_undecodable_event_among_very_many_quarantines_one_aggregate_and_no_other_differs) {
  const auto events = events_by_default * rounds(1);
  restored_topic topic{4, events, 5'000};
  const auto bad = topic.add_undecodable("a4711");
  topic.write();
  actor_system_config config;
  caf::actor_system system{config};
  kafka_provider store{topic.options()};
  const repository repo{system, store, bank::accounts};
  const auto quarantined = repo.quarantined();
  CAF_REQUIRE_EQUAL(quarantined.size(), 1u);
  CAF_CHECK_EQUAL(quarantined[0].id, "a4711");
  CAF_CHECK(quarantined[0].partition == bad.partition);
  CAF_CHECK(quarantined[0].offset == bad.offset);
  std::size_t same = 0;
  repo.for_each([&](const json_snapshot& shot) {
    const auto& known = topic.accounts().at(shot.id);
    const auto state
      = R"({"owner":"","balance":)" + std::to_string(known.balance) + R"(,"note":""})";
    if (shot.version.value == known.version && shot.state == state)
      ++same;
    else
      CAF_ERROR(shot.id << " is at version " << shot.version.value << ": " << shot.state);
  });
  CAF_CHECK_EQUAL(same, 4'999u);
  std::uint64_t read = 0;
  for (const auto& p : repo.progress())
    read += p.events;
  CAF_CHECK_EQUAL(read, static_cast<std::uint64_t>(events) + 1);
}
