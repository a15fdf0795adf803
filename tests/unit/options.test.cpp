#define CAF_SUITE options

#include <cerk/options.hpp>

#include <set>
#include <vector>

#include "caf/test/unit_test.hpp"

using namespace cerk;
using phase = restore_progress::phase;

CAF_TEST(no_default_is_without_bound) {
  const repository_options options;
  CAF_CHECK_EQUAL(options.commands_in_flight_max, 32'768u);
  CAF_CHECK_LESS_OR_EQUAL(options.commands_per_aggregate_max, options.commands_in_flight_max);
  CAF_CHECK_LESS(options.event_bytes_max, 1'000'000u); // librdkafka's bound
  CAF_CHECK_LESS_OR_EQUAL(options.event_bytes_max, options.batch_bytes_max);
  CAF_CHECK_EQUAL(options.command_ids_max, 32u);
  CAF_CHECK(options.command_timeout == std::chrono::seconds{10});
  CAF_CHECK(options.drain_timeout == std::chrono::seconds{10});
  CAF_CHECK(options.wait_until_restored);
  CAF_CHECK(!options.read_only);
}

CAF_TEST(this_machine_has_clocks_and_chance) {
  const auto env = environment::of_this_machine();
  const auto before = env.steady_now();
  CAF_CHECK(before <= env.steady_now());
  CAF_CHECK(env.system_now() > std::chrono::sys_days{std::chrono::year{2020} / 1 / 1});
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i)
    seen.insert(env.random());
  CAF_CHECK_EQUAL(seen.size(), 100u);
}

CAF_TEST(progress_tells_rates_and_the_time_left) {
  restore_progress p{.now = phase::reading,
                     .start = 100,
                     .position = 150,
                     .end = 200,
                     .events = 40,
                     .bytes = 3'000'000};
  CAF_CHECK_EQUAL(p.events_per_second(), 0.0);
  CAF_CHECK_LESS(p.seconds_left(), 0.0);
  p.seconds = 2;
  CAF_CHECK_EQUAL(p.events_per_second(), 20.0);
  CAF_CHECK_EQUAL(p.megabytes_per_second(), 1.5);
  CAF_CHECK_EQUAL(p.seconds_left(), 2.0);
  p.position = p.start;
  CAF_CHECK_LESS(p.seconds_left(), 0.0);
  p.position = p.end;
  CAF_CHECK_EQUAL(p.seconds_left(), 0.0);
}

CAF_TEST(before_a_partition_is_open_and_when_it_failed_nobody_knows_the_time_left) {
  CAF_CHECK_LESS(restore_progress{}.seconds_left(), 0.0);
  CAF_CHECK_LESS(
    (restore_progress{.now = phase::failed, .position = 5, .end = 9, .seconds = 1}).seconds_left(),
    0.0);
}

CAF_TEST(partitions_of_a_restore_add_up) {
  // Serves since the second second; what it read behind its end is its own claim.
  const restore_progress served{.now = phase::serving,
                                .start = 100,
                                .position = 201,
                                .end = 200,
                                .events = 99,
                                .bytes = 1'000'000,
                                .seconds = 2};
  const restore_progress reading{.now = phase::reading,
                                 .position = 100,
                                 .end = 400,
                                 .events = 80,
                                 .bytes = 3'000'000,
                                 .seconds = 4};
  const restore_progress slow{
    .now = phase::reading, .position = 10, .end = 100, .events = 1, .seconds = 4};
  const std::vector partitions{served, reading, slow};
  const auto all = summary_of(partitions);
  CAF_CHECK_EQUAL(all.records_read, 210u);
  CAF_CHECK_EQUAL(all.records, 600u);
  CAF_CHECK_EQUAL(all.events, 180u);
  CAF_CHECK_EQUAL(all.seconds, 4.0);
  CAF_CHECK_EQUAL(all.events_per_second(), 45.0);
  CAF_CHECK_EQUAL(all.megabytes_per_second(), 1.0);
  CAF_CHECK_EQUAL(all.seconds_left, 36.0);
  // One that is not open yet leaves both the end and the time unknown, wherever it stands.
  for (std::size_t at = 0; at <= partitions.size(); ++at) {
    auto with_waiting = partitions;
    with_waiting.insert(with_waiting.begin() + static_cast<std::ptrdiff_t>(at), restore_progress{});
    const auto some = summary_of(with_waiting);
    CAF_CHECK_EQUAL(some.records_read, 210u);
    CAF_CHECK_EQUAL(some.records, 0u);
    CAF_CHECK_LESS(some.seconds_left, 0.0);
  }
}

CAF_TEST(every_phase_has_a_name) {
  const std::pair<phase, const char*> names[]
    = {{phase::waiting, "waiting"}, {phase::reading, "reading"}, {phase::claiming, "claiming"},
       {phase::serving, "serving"}, {phase::fenced, "fenced"},   {phase::failed, "failed"}};
  for (const auto& [value, name] : names)
    CAF_CHECK_EQUAL(std::string{to_string(value)}, name);
}
