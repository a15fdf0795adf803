// How many commands a second, and how long each takes, beside the bare store.
#include <cerk/cerk.hpp>

#include "../examples/users.hpp"
#include "raw_sqlite.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <random>

namespace {

using steady = std::chrono::steady_clock;
using example::create_user;
using example::update_user;

struct settings {
  std::string path;
  std::vector<std::size_t> outstanding{1, 64, 1024};
  std::size_t aggregates = 10'000;
  double seconds = 10;
  int runs = 3;
};

double microseconds(steady::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

std::string id_of(std::size_t aggregate) {
  char id[48];
  std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012zu", aggregate);
  return id;
}

void remove_store(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(path + suffix);
}

nlohmann::ordered_json figures(const char* system, std::size_t outstanding, double seconds,
                               std::vector<double>& latencies) {
  return {{"bench", "commands"},
          {"system", system},
          {"outstanding", outstanding},
          {"commands", latencies.size()},
          {"seconds", seconds},
          {"commands_per_second", static_cast<double>(latencies.size()) / seconds},
          {"p50_us", bench::percentile(latencies, 0.50)},
          {"p99_us", bench::percentile(latencies, 0.99)},
          {"cpu_seconds_per_million",
           bench::cpu_seconds() / static_cast<double>(latencies.size()) * 1e6},
          {"rss_mib", bench::peak_rss_mib()}};
}

// The floor: whole transactions of `outstanding` inserts, each answered when its transaction is.
nlohmann::ordered_json run_raw(const settings& s, std::size_t outstanding) {
  const auto path = s.path + ".raw";
  remove_store(path);
  std::vector<double> latencies;
  double seconds = 0;
  {
    bench::raw_sqlite store{path};
    store.create();
    std::mt19937_64 random{1};
    std::vector<std::uint64_t> versions(s.aggregates);
    std::int64_t offset = 0;
    const auto started = steady::now();
    const auto stop = started + std::chrono::duration<double>(s.seconds);
    while (steady::now() < stop) {
      const auto begun = steady::now();
      store.begin();
      for (std::size_t i = 0; i < outstanding; ++i) {
        const auto aggregate = random() % s.aggregates;
        const auto id = id_of(aggregate);
        const auto version = ++versions[aggregate];
        const auto value
          = R"({"id":")" + id
            + R"(","type":"UserModifiedEvent","create_time":"2026-11-23T05:51:48.000Z","version":)"
            + std::to_string(version) + R"(,"first_name":"Ada","last_name":"Lovelace )"
            + std::to_string(offset) + R"("})";
        std::uint64_t header[8];
        for (auto& word : header)
          word = random();
        const std::string_view bytes{reinterpret_cast<const char*>(header), sizeof header};
        store.insert(offset++, 1'795'413'108'799, id, value, bytes, version, bytes.substr(0, 16));
      }
      store.commit();
      latencies.insert(latencies.end(), outstanding, microseconds(steady::now() - begun));
    }
    seconds = std::chrono::duration<double>(steady::now() - started).count();
  }
  remove_store(path);
  return figures("raw", outstanding, seconds, latencies);
}

// A client that keeps `outstanding` commands under way: each answer is followed by a command.
nlohmann::ordered_json run_cerk(const settings& s, std::size_t outstanding) {
  remove_store(s.path);
  std::vector<double> latencies;
  double seconds = 0;
  {
    cerk::actor_system_config config;
    caf::actor_system system{config};
    cerk::sqlite_provider store{{.path = s.path}};
    cerk::repository repo{system, store, example::users};
    const auto users = repo.of(example::users);
    std::mt19937_64 random{1};
    std::vector<bool> created(s.aggregates);
    std::vector<std::string> ids(s.aggregates);
    for (std::size_t i = 0; i < s.aggregates; ++i)
      ids[i] = id_of(i);

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<double> finished;
    std::size_t under_way = 0;
    std::uint64_t sent = 0;
    auto send = [&] {
      const auto aggregate = random() % s.aggregates;
      const auto begun = steady::now();
      auto done = [&, begun](cerk::outcome answer) {
        if (!answer)
          std::fprintf(stderr, "%s\n", to_string(answer).c_str());
        const auto took = microseconds(steady::now() - begun);
        const std::lock_guard lock{mutex};
        finished.push_back(took);
        if (finished.size() == 1)
          changed.notify_one();
      };
      ++under_way;
      ++sent;
      if (created[aggregate])
        return users.send_then(ids[aggregate],
                               update_user{"Ada", "Lovelace " + std::to_string(sent)}, {}, done);
      created[aggregate] = true;
      users.send_then(ids[aggregate], create_user{"Ada", "Lovelace " + std::to_string(sent)}, {},
                      done);
    };
    const auto started = steady::now();
    const auto stop = started + std::chrono::duration<double>(s.seconds);
    while (under_way < outstanding)
      send();
    std::vector<double> batch;
    while (under_way > 0) {
      {
        std::unique_lock lock{mutex};
        changed.wait(lock, [&] { return !finished.empty(); });
        batch.swap(finished);
      }
      latencies.insert(latencies.end(), batch.begin(), batch.end());
      under_way -= batch.size();
      const bool goes_on = steady::now() < stop;
      for (std::size_t i = 0; goes_on && i < batch.size(); ++i)
        send();
      batch.clear();
    }
    seconds = std::chrono::duration<double>(steady::now() - started).count();
  }
  remove_store(s.path);
  return figures("cerk", outstanding, seconds, latencies);
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::string store;
  CLI::App app{"Commands a second beside the bare store; one JSON object a line"};
  app.add_option("--store", store, "sqlite:PATH; the file is made and removed")->required();
  app.add_option("--outstanding", s.outstanding, "commands under way at once")->delimiter(',');
  app.add_option("--aggregates", s.aggregates, "aggregates, chosen at random");
  app.add_option("--seconds", s.seconds, "length of each run");
  app.add_option("--runs", s.runs, "runs of each system, in turn");
  CLI11_PARSE(app, argc, argv);
  if (!store.starts_with("sqlite:")) {
    std::fprintf(stderr, "--store: expected sqlite:PATH, got '%s'\n", store.c_str());
    return 2;
  }
  s.path = store.substr(7);
  nlohmann::ordered_json ratios{{"bench", "commands"}};
  for (const auto outstanding : s.outstanding) {
    std::vector<double> raw_rate, cerk_rate, raw_p50, cerk_p50;
    for (int run = 0; run < s.runs; ++run) {
      const auto raw = bench::in_child([&] { return run_raw(s, outstanding); });
      bench::print(raw);
      raw_rate.push_back(raw["commands_per_second"]);
      raw_p50.push_back(raw["p50_us"]);
      const auto cerk = bench::in_child([&] { return run_cerk(s, outstanding); });
      bench::print(cerk);
      cerk_rate.push_back(cerk["commands_per_second"]);
      cerk_p50.push_back(cerk["p50_us"]);
    }
    const auto at = std::to_string(outstanding);
    ratios["ratio_to_raw_at_" + at] = bench::median(cerk_rate) / bench::median(raw_rate);
    ratios["p50_us_above_raw_at_" + at] = bench::median(cerk_p50) - bench::median(raw_p50);
  }
  bench::print(ratios);
}
