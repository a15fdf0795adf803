// How fast a start restores, beside reading alone and beside a hand-written loop.
#include <cerk/cerk.hpp>

#include "fill.hpp"
#include "memory.hpp"
#include "named_store.hpp"
#include "orders_domain.hpp"
#include "raw_kafka.hpp"
#include "raw_sqlite.hpp"
#include "report.hpp"
#include "sample.hpp"
#include "shapes.hpp"
#include "users_domain.hpp"

#include <CLI/CLI.hpp>

#include <chrono>

namespace {

struct settings {
  bench::named_store store;
  std::vector<std::string> shapes;
  std::vector<std::uint64_t> events;
  std::uint64_t aggregates = 0;
  std::vector<std::size_t> workers;
  std::size_t budget_bytes = cerk::repository_options{}.restore_bytes_in_flight_max;
  std::size_t window = cerk::repository_options{}.restore_window_events_max;
  int runs = 3;
  std::string only;
};

// What is restored: a store, and what it was filled with.
struct subject {
  bench::named_store store;
  bench::shape holds;
};

constexpr std::size_t sample_size = 1'000;

double mib(std::size_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

std::string text_of(std::uint64_t hash) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

// Calls `f` with the domain of a shape.
template <class F>
auto with_domain(const bench::shape& of, F f) {
  switch (of.domain) {
    case bench::domain::orders:
      return f(bench::orders_domain{});
    case bench::domain::users:
      break;
  }
  return f(bench::users_domain{});
}

// -- systems --------------------------------------------------------------------------------------

// Measures from its making to `stop`.
class stopwatch {
public:
  nlohmann::ordered_json stop(const char* system, std::uint64_t events,
                              std::uint64_t aggregates) const {
    const auto seconds = std::chrono::duration<double>(clock::now() - begun_).count();
    const auto cpu = bench::cpu_seconds() - cpu_;
    return {{"system", system},
            {"events", events},
            {"aggregates", aggregates},
            {"seconds", seconds},
            {"events_per_second", static_cast<double>(events) / seconds},
            {"cpu_seconds_per_million", cpu / static_cast<double>(events) * 1e6},
            {"rss_mib", bench::peak_rss_mib()},
            {"state_hash", text_of(0)}};
  }

private:
  using clock = std::chrono::steady_clock;

  double cpu_ = bench::cpu_seconds();
  clock::time_point begun_ = clock::now();
};

template <class Log>
nlohmann::ordered_json run_raw(Log& log) {
  const stopwatch watch;
  std::uint64_t bytes = 0;
  const auto events = log.select(
    [&](std::string_view key, std::string_view value) { bytes += key.size() + value.size(); });
  auto line = watch.stop("raw", events, 0);
  line["bytes"] = bytes;
  return line;
}

// With a sample of its states, to be taken out again.
template <class Domain, class Log>
nlohmann::ordered_json run_fold(Log& log, std::uint32_t seed) {
  const stopwatch watch;
  typename Domain::fold states;
  const auto events = log.select(states);
  auto line = watch.stop("fold", events, states.size());
  auto [hash, sample] = bench::summarize(states, sample_size, seed);
  line["state_hash"] = text_of(hash);
  line["sample"] = std::move(sample);
  return line;
}

// Hands the log of `raw` and `fold` to `read`.
template <class Read>
nlohmann::ordered_json
read_log(const bench::named_store& from, std::size_t budget_bytes, Read read) {
  if (from.is_topic()) {
    bench::raw_topic log{from.brokers, from.place(), budget_bytes};
    return read(log);
  }
  bench::raw_sqlite log{from.place()};
  return read(log);
}

nlohmann::ordered_json run_floor(const std::string& system, const subject& of, const settings& s,
                                 std::uint32_t seed) {
  return read_log(of.store, s.budget_bytes, [&](auto& log) {
    if (system == "raw")
      return run_raw(log);
    return with_domain(of.holds, [&]<class Domain>(Domain) { return run_fold<Domain>(log, seed); });
  });
}

// Throws if an aggregate of `sample` is another one here.
template <class Domain>
nlohmann::ordered_json restore(cerk::provider& store, const settings& s, std::size_t workers,
                               const nlohmann::json& sample) {
  cerk::actor_system_config config;
  if (workers > 0)
    config.workers(workers);
  caf::actor_system system{config};
  const stopwatch watch;
  const auto repo = Domain::open(system, store,
                                 {.restore_bytes_in_flight_max = s.budget_bytes,
                                  .restore_window_events_max = s.window,
                                  .read_only = true});
  std::uint64_t events = 0;
  std::uint64_t aggregates = 0;
  for (const auto& partition : repo->progress()) {
    events += partition.events;
    aggregates += partition.aggregates;
  }
  auto line = watch.stop("cerk", events, aggregates);
  line["final_rss_mib"] = bench::settled_rss_mib(system);
  line["budget_mib"] = mib(s.budget_bytes);
  line["workers"] = workers;
  line["state_hash"] = text_of(repo->state_hash());
  bench::compare(*repo, sample);
  return line;
}

nlohmann::ordered_json run_cerk(const subject& of, const settings& s, std::size_t workers,
                                const nlohmann::json& sample) {
  return with_domain(of.holds, [&]<class Domain>(Domain) {
    if (of.store.is_topic()) {
      cerk::kafka_provider store{of.store.topic()};
      return restore<Domain>(store, s, workers, sample);
    }
    cerk::sqlite_provider store{{.path = of.store.place()}};
    auto line = restore<Domain>(store, s, workers, sample);
    line["quick_check_seconds"] = store.check_seconds();
    return line;
  });
}

// -- runs -----------------------------------------------------------------------------------------

// Begins a line: which benchmark, which store.
nlohmann::ordered_json line_of(const subject& what) {
  nlohmann::ordered_json line{{"bench", "restore"}};
  if (!what.holds.name.empty())
    line["shape"] = what.holds.name;
  return line;
}

void print(const subject& what, const nlohmann::ordered_json& figures) {
  auto line = line_of(what);
  line.update(figures);
  bench::print(line);
}

// All runs of one subject.
struct record {
  std::uint64_t events = 0;
  bench::collected raw, fold;
  std::vector<bench::collected> cerk; // by place in `workers`
};

// One run of each system. Ends the program if cerk restored something else than fold did.
void measure(const subject& what, const settings& s, std::uint32_t seed, record& into) {
  const auto run = [&](auto work) { return bench::in_child(work); };
  const auto raw = run([&] { return run_floor("raw", what, s, seed); });
  print(what, raw);
  into.raw.add(raw);
  into.events = raw["events"];
  auto fold = run([&] { return run_floor("fold", what, s, seed); });
  const nlohmann::json sample = fold["sample"];
  fold.erase("sample");
  print(what, fold);
  into.fold.add(fold);
  for (std::size_t i = 0; i < s.workers.size(); ++i) {
    const auto cerk = run([&] { return run_cerk(what, s, s.workers[i], sample); });
    print(what, cerk);
    into.cerk[i].add(cerk);
    for (const char* name : {"events", "aggregates", "state_hash"})
      if (cerk[name] != fold[name]) {
        std::fprintf(stderr, "%s: %s differ\n", what.store.store.c_str(), name);
        std::exit(1);
      }
  }
}

void print_ratios(const subject& what, const settings& s, const record& from) {
  constexpr std::array told{"seconds", "events_per_second", "cpu_seconds_per_million", "rss_mib",
                            "final_rss_mib"};
  const auto rate = [](const bench::collected& of) { return of.median("events_per_second"); };
  for (std::size_t i = 0; i < s.workers.size(); ++i) {
    const auto& cerk = from.cerk[i];
    nlohmann::ordered_json line{{"events", from.events},
                                {"workers", s.workers[i]},
                                {"ratio_to_raw", rate(cerk) / rate(from.raw)},
                                {"ratio_to_fold", rate(cerk) / rate(from.fold)}};
    if (i > 0)
      line["ratio_to_first_workers"] = rate(cerk) / rate(from.cerk.front());
    line["rss_mib_above_final_and_budget"]
      = cerk.median("rss_mib") - cerk.median("final_rss_mib") - mib(s.budget_bytes);
    line["raw"] = from.raw.medians(told);
    line["fold"] = from.fold.medians(told);
    line["cerk"] = cerk.medians(told);
    print(what, line);
  }
}

// -- what to measure ------------------------------------------------------------------------------

// The store that was named, or one for each shape and number of events.
std::vector<subject> subjects(const settings& s) {
  if (s.shapes.empty()) {
    bench::shape holds = bench::shapes.front();
    holds.name = {};
    if (!s.events.empty())
      holds.events = s.events.front();
    if (s.aggregates > 0)
      holds.aggregates = s.aggregates;
    return {{s.store, holds}};
  }
  std::vector<subject> all;
  for (const auto& shape : bench::shapes) {
    if (std::ranges::find(s.shapes, shape.name) == s.shapes.end()
        && std::ranges::find(s.shapes, "all") == s.shapes.end())
      continue;
    for (const auto events : s.events.empty() ? std::vector{shape.events} : s.events) {
      auto& one = all.emplace_back(s.store, shape.with_events(events));
      one.store.store.append("-").append(shape.name).append("-").append(std::to_string(events));
    }
  }
  return all;
}

// What is wrong with the flags; empty if nothing is.
std::string mistake(const settings& s) {
  if (auto in_store = s.store.mistake(); !in_store.empty())
    return in_store;
  if (s.shapes.empty() && s.events.size() > 1)
    return "--events: several need a --shape, each gets a store of its own";
  if (!s.shapes.empty() && s.aggregates > 0)
    return "--aggregates: a --shape says how many there are";
  return {};
}

std::vector<std::string> shape_names() {
  std::vector<std::string> names{"all"};
  for (const auto& shape : bench::shapes)
    names.emplace_back(shape.name);
  return names;
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{"Restore beside reading alone (raw) and a hand-written loop (fold)"};
  s.store.add_to(app, "filled if it does not exist, a topic also if it is shorter than --events");
  app
    .add_option("--shape", s.shapes,
                "what is stored; each in a store of its own, named like the one given and -SHAPE"
                "-EVENTS. None: the store as it is, or filled as 'many' is")
    ->delimiter(',')
    ->check(CLI::IsMember(shape_names()));
  app.add_option("--events", s.events, "events to fill a store with; none: the shape's own number")
    ->delimiter(',')
    ->check(CLI::PositiveNumber);
  app.add_option("--aggregates", s.aggregates, "aggregates to spread them over, without --shape")
    ->check(CLI::PositiveNumber);
  app.add_option("--workers", s.workers, "threads of cerk's scheduler; 0: as many as usual")
    ->delimiter(',');
  app
    .add_option("--budget", s.budget_bytes,
                "cerk's restore_bytes_in_flight_max, and what raw and fold may have fetched")
    ->transform(CLI::AsSizeValue(false));
  app.add_option("--window-events", s.window, "cerk's restore_window_events_max")
    ->check(CLI::PositiveNumber);
  app.add_option("--runs", s.runs, "runs of each system, in turn")->check(CLI::PositiveNumber);
  app.add_option("--only", s.only, "run this system alone, for a profiler")
    ->check(CLI::IsMember({"raw", "fold", "cerk"}));
  CLI11_PARSE(app, argc, argv);
  if (const auto what = mistake(s); !what.empty()) {
    std::fprintf(stderr, "%s\n", what.c_str());
    return 2;
  }
  if (s.workers.empty())
    s.workers.push_back(0);

  const auto all = subjects(s);
  for (const auto& one : all)
    bench::in_child([&] {
      with_domain(one.holds,
                  [&]<class Domain>(Domain) { bench::fill<Domain>(one.store, one.holds); });
      return nlohmann::ordered_json{};
    });
  if (!s.only.empty()) {
    for (int i = 0; i < s.runs; ++i)
      for (const auto& one : all)
        for (const auto workers : s.workers) {
          auto line = s.only == "cerk" ? run_cerk(one, s, workers, nlohmann::json::array())
                                       : run_floor(s.only, one, s, 0);
          line.erase("sample");
          print(one, line);
        }
    return 0;
  }
  std::vector<record> records(all.size(),
                              record{.cerk = std::vector<bench::collected>(s.workers.size())});
  for (int run = 0; run < s.runs; ++run)
    for (std::size_t i = 0; i < all.size(); ++i)
      measure(all[i], s, static_cast<std::uint32_t>(run), records[i]);
  for (std::size_t i = 0; i < all.size(); ++i)
    print_ratios(all[i], s, records[i]);
}
