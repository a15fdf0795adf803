// How fast a start restores, beside reading alone and beside a hand-written loop.
#include <cerk/cerk.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <unordered_map>
#define XXH_INLINE_ALL
#include "../examples/users.hpp"
#include "raw_sqlite.hpp"
#include "report.hpp"

#include <xxhash.h>

namespace {

using steady = std::chrono::steady_clock;

double since(steady::time_point begun) {
  return std::chrono::duration<double>(steady::now() - begun).count();
}

nlohmann::ordered_json figures(const char* system, std::uint64_t events, std::uint64_t aggregates,
                               double seconds, double cpu, std::uint64_t hash) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return {{"bench", "restore"},
          {"system", system},
          {"events", events},
          {"aggregates", aggregates},
          {"seconds", seconds},
          {"events_per_second", static_cast<double>(events) / seconds},
          {"cpu_seconds_per_million", cpu / static_cast<double>(events) * 1e6},
          {"rss_mib", bench::peak_rss_mib()},
          {"state_hash", text}};
}

nlohmann::ordered_json run_raw(const std::string& path) {
  bench::raw_sqlite store{path};
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  std::uint64_t bytes = 0;
  const auto events = store.select([&](std::string_view key, std::string_view value,
                                       std::string_view) { bytes += key.size() + value.size(); });
  return figures("raw", events, 0, since(begun), bench::cpu_seconds() - cpu, 0);
}

// One thread, simdjson, a hash map: what somebody would write who knows the domain.
struct folded_user {
  std::string first_name, last_name;
  std::uint64_t version = 0;
};

void append_json(std::string& out, std::string_view text) {
  out += nlohmann::json(text).dump();
}

nlohmann::ordered_json run_fold(const std::string& path) {
  bench::raw_sqlite store{path};
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  std::unordered_map<std::string, folded_user> users;
  simdjson::ondemand::parser parser;
  std::string padded;
  const auto events
    = store.select([&](std::string_view key, std::string_view value, std::string_view) {
        padded.assign(value);
        padded.reserve(value.size() + simdjson::SIMDJSON_PADDING);
        auto document = parser.iterate(padded).value();
        auto object = document.get_object().value();
        const std::string_view type = object.find_field("type").get_string().value();
        if (type != "UserCreatedEvent" && type != "UserModifiedEvent")
          throw std::runtime_error("unknown event type");
        auto& user = users[std::string{key}];
        user.first_name = object.find_field("first_name").get_string().value();
        user.last_name = object.find_field("last_name").get_string().value();
        ++user.version;
      });
  const auto seconds = since(begun);
  const auto used = bench::cpu_seconds() - cpu;
  std::uint64_t hash = 0;
  for (const auto& [id, user] : users) {
    std::string state = "{\"first_name\":";
    append_json(state, user.first_name);
    state += ",\"last_name\":";
    append_json(state, user.last_name);
    state += '}';
    const auto of_id = XXH3_64bits_withSeed(id.data(), id.size(), user.version);
    const auto of_type = XXH3_64bits_withSeed("user", 4, of_id);
    hash += XXH3_64bits_withSeed(state.data(), state.size(), of_type);
  }
  return figures("fold", events, users.size(), seconds, used, hash);
}

nlohmann::ordered_json run_cerk(const std::string& path, std::size_t workers, std::size_t window) {
  cerk::actor_system_config config;
  if (workers > 0)
    config.workers(workers);
  caf::actor_system system{config};
  cerk::sqlite_provider store{{.path = path}};
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  cerk::repository_options options{.read_only = true};
  if (window > 0)
    options.restore_window_events_max = window;
  cerk::repository repo{system, store, options, example::users};
  const auto seconds = since(begun);
  const auto used = bench::cpu_seconds() - cpu;
  const auto progress = repo.progress().front();
  auto line
    = figures("cerk", progress.events, progress.aggregates, seconds, used, repo.state_hash());
  line["quick_check_seconds"] = store.check_seconds();
  return line;
}

void fill(const std::string& path, std::uint64_t events, std::uint64_t aggregates) {
  cerk::sqlite_provider store{{.path = path}};
  auto writer = cerk::log_writer::open(store, "bench").value();
  std::vector<cerk::new_event> batch;
  for (std::uint64_t i = 0; i < events; ++i) {
    char id[48];
    std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012llu",
                  static_cast<unsigned long long>(i % aggregates));
    batch.push_back({id, i < aggregates ? "UserCreatedEvent" : "UserModifiedEvent",
                     R"({"first_name":"First )" + std::to_string(i) + R"(","last_name":"Last )"
                       + std::to_string(i) + R"("})"});
    if (batch.size() == 50'000 || i + 1 == events) {
      writer->send(batch).value();
      batch.clear();
    }
  }
}

} // namespace

int main(int argc, char** argv) {
  std::string store;
  std::uint64_t events = 1'000'000;
  std::uint64_t aggregates = 100'000;
  int runs = 3;
  std::string only;
  std::size_t workers = 0;
  std::size_t window = 0;
  CLI::App app{"Restore beside reading alone (raw) and a hand-written loop (fold)"};
  app.add_option("--store", store, "sqlite:PATH; filled if it does not exist")->required();
  app.add_option("--events", events, "events to fill a new store with");
  app.add_option("--aggregates", aggregates, "aggregates to spread them over, round robin");
  app.add_option("--only", only, "run this system alone, for a profiler")
    ->check(CLI::IsMember({"raw", "fold", "cerk"}));
  app.add_option("--workers", workers, "threads of cerk's scheduler; 0: as many as usual");
  app.add_option("--window-events", window, "cerk's restore_window_events_max; 0: as usual");
  app.add_option("--runs", runs, "runs of each system, in turn");
  CLI11_PARSE(app, argc, argv);
  if (!store.starts_with("sqlite:")) {
    std::fprintf(stderr, "--store: expected sqlite:PATH, got '%s'\n", store.c_str());
    return 2;
  }
  const auto path = store.substr(7);
  if (!std::filesystem::exists(path))
    bench::in_child([&] {
      fill(path, events, aggregates);
      return nlohmann::ordered_json{};
    });
  if (!only.empty()) {
    for (int run = 0; run < runs; ++run)
      bench::print(only == "raw"    ? run_raw(path)
                   : only == "fold" ? run_fold(path)
                                    : run_cerk(path, workers, window));
    return 0;
  }
  std::vector<double> raw, fold, cerk;
  for (int run = 0; run < runs; ++run) {
    auto measure = [&](auto work, std::vector<double>& rates) {
      const auto line = bench::in_child([&] { return work(path); });
      bench::print(line);
      rates.push_back(line["events_per_second"]);
      return line["state_hash"];
    };
    measure(run_raw, raw);
    const auto expected = measure(run_fold, fold);
    const auto actual
      = measure([&](const auto& from) { return run_cerk(from, workers, window); }, cerk);
    if (expected != actual) {
      std::fprintf(stderr, "state hashes differ\n");
      return 1;
    }
  }
  bench::print({{"bench", "restore"},
                {"ratio_to_raw", bench::median(cerk) / bench::median(raw)},
                {"ratio_to_fold", bench::median(cerk) / bench::median(fold)}});
}
