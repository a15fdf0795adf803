// How fast a start restores, beside reading alone and beside a hand-written loop.
#include <cerk/cerk.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <unordered_map>
#define XXH_INLINE_ALL
#include "../examples/users.hpp"
#include "named_store.hpp"
#include "raw_kafka.hpp"
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

template <class Log>
nlohmann::ordered_json run_raw(Log& log) {
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  std::uint64_t bytes = 0;
  const auto events = log.select(
    [&](std::string_view key, std::string_view value) { bytes += key.size() + value.size(); });
  auto line = figures("raw", events, 0, since(begun), bench::cpu_seconds() - cpu, 0);
  line["bytes"] = bytes;
  return line;
}

// One thread, simdjson, a hash map: what somebody would write who knows the domain.
struct folded_user {
  std::string first_name, last_name;
  std::uint64_t version = 0;
};

void append_json(std::string& out, std::string_view text) {
  out += nlohmann::json(text).dump();
}

template <class Log>
nlohmann::ordered_json run_fold(Log& log) {
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  std::unordered_map<std::string, folded_user> users;
  simdjson::ondemand::parser parser;
  std::string padded;
  const auto events = log.select([&](std::string_view key, std::string_view value) {
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

struct settings {
  bench::named_store store;
  std::uint64_t events = 0;
  std::uint64_t aggregates = 100'000;
  int runs = 3;
  std::string only;
  std::size_t workers = 0;
  std::size_t window = 0;
};

nlohmann::ordered_json restore(cerk::provider& store, const settings& s) {
  cerk::actor_system_config config;
  if (s.workers > 0)
    config.workers(s.workers);
  caf::actor_system system{config};
  const auto cpu = bench::cpu_seconds();
  const auto begun = steady::now();
  cerk::repository_options options{.read_only = true};
  if (s.window > 0)
    options.restore_window_events_max = s.window;
  cerk::repository repo{system, store, options, example::users};
  const auto seconds = since(begun);
  const auto used = bench::cpu_seconds() - cpu;
  std::uint64_t events = 0;
  std::uint64_t aggregates = 0;
  for (const auto& partition : repo.progress()) {
    events += partition.events;
    aggregates += partition.aggregates;
  }
  return figures("cerk", events, aggregates, seconds, used, repo.state_hash());
}

nlohmann::ordered_json run_cerk(const settings& s) {
  if (s.store.is_topic()) {
    cerk::kafka_provider store{s.store.topic()};
    return restore(store, s);
  }
  cerk::sqlite_provider store{{.path = s.store.place()}};
  auto line = restore(store, s);
  line["quick_check_seconds"] = store.check_seconds();
  return line;
}

// Hands the log of `raw` and `fold` to `read`.
template <class Read>
nlohmann::ordered_json read_log(const bench::named_store& from, Read read) {
  if (from.is_topic()) {
    bench::raw_topic log{from.brokers, from.place()};
    return read(log);
  }
  bench::raw_sqlite log{from.place()};
  return read(log);
}

nlohmann::ordered_json run(const std::string& system, const settings& s) {
  if (system == "cerk")
    return run_cerk(s);
  return read_log(s.store,
                  [&](auto& log) { return system == "raw" ? run_raw(log) : run_fold(log); });
}

// -- filling --------------------------------------------------------------------------------------

constexpr std::string_view own_ids = "00000000-0000-4000-8000-";

// Appends events `first` up to `end`, round robin over the aggregates.
void fill(cerk::provider& store, std::uint64_t first, std::uint64_t end, std::uint64_t aggregates) {
  auto writer = cerk::log_writer::open(store, "bench").value();
  std::vector<cerk::new_event> batch;
  for (auto i = first; i < end; ++i) {
    char number[24];
    std::snprintf(number, sizeof number, "%012llu",
                  static_cast<unsigned long long>(i % aggregates));
    batch.push_back({std::string{own_ids} + number,
                     i < aggregates ? "UserCreatedEvent" : "UserModifiedEvent",
                     R"({"first_name":"First )" + std::to_string(i) + R"(","last_name":"Last )"
                       + std::to_string(i) + R"("})"});
    if (batch.size() == 50'000 || i + 1 == end) {
      writer->send(batch).value();
      batch.clear();
    }
  }
}

void fill_file(const settings& s) {
  if (std::filesystem::exists(s.store.place()))
    return;
  cerk::sqlite_provider store{{.path = s.store.place()}};
  fill(store, 0, s.events, s.aggregates);
}

// How many events a topic holds. Throws if it is too short and not all of them are ours: events of
// others are measured as they are, and none is added to them.
std::uint64_t events_in(const settings& s) {
  bool is_own = true;
  bench::raw_topic log{s.store.brokers, s.store.place()};
  const auto events = log.select(
    [&](std::string_view key, std::string_view) { is_own = is_own && key.starts_with(own_ids); });
  if (events < s.events && !is_own)
    throw std::runtime_error(s.store.store + " holds " + std::to_string(events)
                             + " events that this program did not write: name another topic, or"
                               " pass --events "
                             + std::to_string(events));
  return events;
}

// Makes the topic if it is missing, and goes on filling it if it is too short.
void fill_topic(const settings& s) {
  const bool is_new = cerk::create_kafka_topic(s.store.topic(), s.store.partitions, 1).value();
  const auto events = is_new ? 0 : events_in(s);
  if (events >= s.events)
    return;
  cerk::kafka_provider store{s.store.topic()};
  fill(store, events, s.events, s.aggregates);
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{"Restore beside reading alone (raw) and a hand-written loop (fold)"};
  s.store.add_to(app, "filled if it does not exist, a topic also if it is shorter than --events");
  app.add_option("--events", s.events,
                 "events to fill a store with; 0: 1,000,000 in a file, 2,000,000 in a topic");
  app.add_option("--aggregates", s.aggregates, "aggregates to spread them over, round robin");
  app.add_option("--only", s.only, "run this system alone, for a profiler")
    ->check(CLI::IsMember({"raw", "fold", "cerk"}));
  app.add_option("--workers", s.workers, "threads of cerk's scheduler; 0: as many as usual");
  app.add_option("--window-events", s.window, "cerk's restore_window_events_max; 0: as usual");
  app.add_option("--runs", s.runs, "runs of each system, in turn");
  CLI11_PARSE(app, argc, argv);
  if (const auto mistake = s.store.mistake(); !mistake.empty()) {
    std::fprintf(stderr, "%s\n", mistake.c_str());
    return 2;
  }
  if (s.events == 0)
    s.events = s.store.is_topic() ? 2'000'000 : 1'000'000;
  bench::in_child([&] {
    s.store.is_topic() ? fill_topic(s) : fill_file(s);
    return nlohmann::ordered_json{};
  });
  if (!s.only.empty()) {
    for (int i = 0; i < s.runs; ++i)
      bench::print(run(s.only, s));
    return 0;
  }
  std::vector<double> raw, fold, cerk;
  for (int i = 0; i < s.runs; ++i) {
    auto measure = [&](const std::string& system, std::vector<double>& rates) {
      const auto line = bench::in_child([&] { return run(system, s); });
      bench::print(line);
      rates.push_back(line["events_per_second"]);
      return line["state_hash"];
    };
    measure("raw", raw);
    const auto expected = measure("fold", fold);
    const auto actual = measure("cerk", cerk);
    if (expected != actual) {
      std::fprintf(stderr, "state hashes differ\n");
      return 1;
    }
  }
  bench::print({{"bench", "restore"},
                {"ratio_to_raw", bench::median(cerk) / bench::median(raw)},
                {"ratio_to_fold", bench::median(cerk) / bench::median(fold)}});
}
