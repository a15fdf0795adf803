// cerk replay: restores everything without taking anything over, and says what it found.
#include "cerk/detail/codec.hpp"

#include "commands.hpp"
#include "interrupt.hpp"
#include "ndjson_record.hpp"
#include "restore_watch.hpp"

#include <caf/actor_system.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <vector>

namespace cerk::cli {

namespace {

void write_states(const repository& repo, const std::string& path) {
  std::vector<std::pair<std::string, std::string>> lines;
  repo.for_each([&](const json_snapshot& shot) {
    std::string line = "{";
    // Ids in logs of others may be any bytes; as in fetch, the name of the member tells.
    write_bytes(line, "id", shot.id);
    line += ",\"type\":";
    detail::write_string(line, shot.type, detail::path{});
    line += ",\"version\":" + std::to_string(shot.version.value);
    line.append(",\"state\":").append(shot.state).append("}\n");
    lines.emplace_back(shot.id, std::move(line));
  });
  std::sort(lines.begin(), lines.end());
  output out{path};
  for (const auto& [id, line] : lines) {
    stop_if_interrupted();
    out.write(line);
  }
  out.finish();
}

std::string hexadecimal(std::uint64_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

} // namespace

exit_code run_replay(const common_flags& common, const replay_flags& flags,
                     const repository_opener& open) {
  const auto store = store_flag{common.where}.open_existing();
  actor_system_config config;
  caf::actor_system system{config};
  restore_watch watch{store->info().partition_count};
  const auto started = std::chrono::steady_clock::now();
  const auto repo = open(system, *store,
                         {.wait_until_restored = false,
                          .read_only = true,
                          .on_progress = [&](const restore_progress& now) { watch.report(now); }});
  struct {
    std::uint64_t events = 0;
    std::uint64_t aggregates = 0;
    std::uint64_t voids = 0;
    std::uint64_t orphans = 0;
  } all;
  progress_bar bar{"replay", "records", 0, common.progress};
  const auto partitions = watch.wait(bar);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const auto hashes = repo->state_hashes();
  auto by_partition = nlohmann::ordered_json::array();
  for (const auto& p : partitions) {
    all.events += p.events;
    all.aggregates += p.aggregates;
    all.voids += p.voids;
    all.orphans += p.orphans;
    by_partition.push_back(
      {{"partition", p.partition},
       {"events", p.events},
       {"aggregates", p.aggregates},
       {"void", p.voids},
       {"quarantined", p.quarantined},
       {"state_hash", hexadecimal(hashes[static_cast<std::size_t>(p.partition)])}});
  }
  auto broken = repo->quarantined();
  std::sort(broken.begin(), broken.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  if (!flags.state_out.empty())
    write_states(*repo, flags.state_out);
  print_result({{"events", all.events},
                {"aggregates", all.aggregates},
                {"void", all.voids},
                {"quarantined", broken.size()},
                {"seconds", took.count()},
                {"events_per_second", rate(all.events, took.count())},
                {"state_hash",
                 hexadecimal(std::accumulate(hashes.begin(), hashes.end(), std::uint64_t{0}))},
                {"partitions", std::move(by_partition)}},
               common.format.value_or(format::json));
  if (all.orphans != 0)
    note(std::to_string(all.orphans) + " records belong to no aggregate: they have no key");
  for (const auto& aggregate : broken)
    note("quarantined: " + aggregate.id + ", partition " + std::to_string(aggregate.partition.value)
         + ", offset " + std::to_string(aggregate.offset.value) + ": " + aggregate.cause);
  return broken.empty() ? exit_code::ok : exit_code::problems;
}

} // namespace cerk::cli
