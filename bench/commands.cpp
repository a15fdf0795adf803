// How many commands a second, and how long each takes, beside the bare store.
#include <cerk/cerk.hpp>

#include "../examples/users.hpp"
#include "named_store.hpp"
#include "own_topic.hpp"
#include "raw_kafka.hpp"
#include "raw_sqlite.hpp"
#include "report.hpp"

#include <CLI/CLI.hpp>

#include <array>
#include <bit>
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
  bench::named_store store;
  std::vector<std::size_t> outstanding{1, 64, 1024};
  std::size_t aggregates = 10'000;
  double seconds = 10;
  int runs = 3;
};

double microseconds(steady::duration d) {
  return std::chrono::duration<double, std::micro>(d).count();
}

struct measured {
  std::vector<double> latencies_us;
  double seconds = 0;
};

nlohmann::ordered_json figures(const char* system, std::size_t outstanding, measured m) {
  const auto commands = static_cast<double>(m.latencies_us.size());
  return {{"bench", "commands"},
          {"system", system},
          {"outstanding", outstanding},
          {"commands", m.latencies_us.size()},
          {"seconds", m.seconds},
          {"commands_per_second", commands / m.seconds},
          {"p50_us", bench::percentile(m.latencies_us, 0.50)},
          {"p99_us", bench::percentile(m.latencies_us, 0.99)},
          {"cpu_seconds_per_million", bench::cpu_seconds() / commands * 1e6},
          {"rss_mib", bench::peak_rss_mib()}};
}

std::string id_of(std::size_t aggregate) {
  char id[48];
  std::snprintf(id, sizeof id, "00000000-0000-4000-8000-%012zu", aggregate);
  return id;
}

std::vector<std::string> ids_of(std::size_t aggregates) {
  std::vector<std::string> ids(aggregates);
  for (std::size_t i = 0; i < aggregates; ++i)
    ids[i] = id_of(i);
  return ids;
}

// As cerk would store it.
std::string event_value(const std::string& id, std::uint64_t version, std::uint64_t number) {
  return R"({"id":")" + id
         + R"(","type":"UserModifiedEvent","create_time":"2026-11-23T05:51:48.000Z","version":)"
         + std::to_string(version) + R"(,"first_name":"Ada","last_name":"Lovelace )"
         + std::to_string(number) + R"("})";
}

// Of a packed header's size; nobody reads it.
std::array<char, cerk::record_header_bytes> header_bytes(std::mt19937_64& random) {
  std::array<std::uint64_t, cerk::record_header_bytes / 8> words{};
  for (auto& word : words)
    word = random();
  return std::bit_cast<std::array<char, cerk::record_header_bytes>>(words);
}

void remove_file(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"})
    std::filesystem::remove(path + suffix);
}

// The floor of a file: whole transactions of `outstanding` inserts, each answered when its
// transaction is.
measured run_raw_file(const settings& s, std::size_t outstanding) {
  const auto path = s.store.place() + ".raw";
  remove_file(path);
  measured m;
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
        const auto value = event_value(id, version, static_cast<std::uint64_t>(offset));
        const auto header = header_bytes(random);
        const std::string_view bytes{header.data(), header.size()};
        store.insert(offset++, 1'795'413'108'799, id, value, bytes, version, bytes.substr(0, 16));
      }
      store.commit();
      m.latencies_us.insert(m.latencies_us.end(), outstanding, microseconds(steady::now() - begun));
    }
    m.seconds = std::chrono::duration<double>(steady::now() - started).count();
  }
  remove_file(path);
  return m;
}

// The floor of a topic: one producer, `outstanding` records under way, each answered by its
// delivery report. One record a partition goes first, as cerk's claims do.
measured run_raw_topic(const settings& s, std::size_t outstanding) {
  const bench::own_topic topic{s.store};
  bench::raw_producer producer{topic.options().brokers, topic.options().topic};
  for (std::int32_t i = 0; i < s.store.partitions; ++i)
    producer.produce(i, "", "{}", "", steady::now());
  while (producer.under_way() > 0)
    producer.take_reports();
  static_cast<void>(producer.latencies());

  const auto ids = ids_of(s.aggregates);
  std::mt19937_64 random{1};
  std::vector<std::uint64_t> versions(s.aggregates);
  std::uint64_t sent = 0;
  const auto started = steady::now();
  const auto stop = started + std::chrono::duration<double>(s.seconds);
  while (steady::now() < stop) {
    while (producer.under_way() < outstanding) {
      const auto aggregate = random() % s.aggregates;
      const auto begun = steady::now();
      const auto& id = ids[aggregate];
      const auto header = header_bytes(random);
      producer.produce(cerk::partition_of(id, s.store.partitions).value, id,
                       event_value(id, ++versions[aggregate], ++sent),
                       {header.data(), header.size()}, begun);
    }
    producer.take_reports();
  }
  while (producer.under_way() > 0)
    producer.take_reports();
  const auto seconds = std::chrono::duration<double>(steady::now() - started).count();
  return {producer.latencies(), seconds};
}

measured run_raw(const settings& s, std::size_t outstanding) {
  return s.store.is_topic() ? run_raw_topic(s, outstanding) : run_raw_file(s, outstanding);
}

// A client that keeps `outstanding` commands under way: each answer is followed by a command.
measured send_commands(cerk::provider& store, const settings& s, std::size_t outstanding) {
  cerk::actor_system_config config;
  caf::actor_system system{config};
  cerk::repository repo{system, store, example::users};
  const auto users = repo.of(example::users);
  const auto ids = ids_of(s.aggregates);
  std::mt19937_64 random{1};
  std::vector<bool> created(s.aggregates);
  measured m;

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
      return users.send_then(ids[aggregate], update_user{"Ada", "Lovelace " + std::to_string(sent)},
                             {}, done);
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
    m.latencies_us.insert(m.latencies_us.end(), batch.begin(), batch.end());
    under_way -= batch.size();
    const bool goes_on = steady::now() < stop;
    for (std::size_t i = 0; goes_on && i < batch.size(); ++i)
      send();
    batch.clear();
  }
  m.seconds = std::chrono::duration<double>(steady::now() - started).count();
  return m;
}

measured run_cerk(const settings& s, std::size_t outstanding) {
  if (s.store.is_topic()) {
    const bench::own_topic topic{s.store};
    cerk::kafka_provider store{topic.options()};
    return send_commands(store, s, outstanding);
  }
  remove_file(s.store.place());
  auto m = [&] {
    cerk::sqlite_provider store{{.path = s.store.place()}};
    return send_commands(store, s, outstanding);
  }();
  remove_file(s.store.place());
  return m;
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  std::string only;
  CLI::App app{"Commands a second beside the bare store; one JSON object a line"};
  s.store.add_to(app, "a file is made and removed, and so is a topic TOPIC-<number> for each run");
  app.add_option("--outstanding", s.outstanding, "commands under way at once")->delimiter(',');
  app.add_option("--aggregates", s.aggregates, "aggregates, chosen at random");
  app.add_option("--seconds", s.seconds, "length of each run");
  app.add_option("--only", only, "run this system alone, for a profiler")
    ->check(CLI::IsMember({"raw", "cerk"}));
  app.add_option("--runs", s.runs, "runs of each system, in turn");
  CLI11_PARSE(app, argc, argv);
  if (const auto mistake = s.store.mistake(); !mistake.empty()) {
    std::fprintf(stderr, "%s\n", mistake.c_str());
    return 2;
  }
  nlohmann::ordered_json ratios{{"bench", "commands"}};
  for (const auto outstanding : s.outstanding) {
    std::vector<double> raw_rate, cerk_rate, raw_p50, cerk_p50;
    auto measure = [&](const char* system, auto run, auto& rates, auto& p50s) {
      if (!only.empty() && only != system)
        return;
      const auto line
        = bench::in_child([&] { return figures(system, outstanding, run(s, outstanding)); });
      bench::print(line);
      rates.push_back(line["commands_per_second"]);
      p50s.push_back(line["p50_us"]);
    };
    for (int run = 0; run < s.runs; ++run) {
      measure("raw", run_raw, raw_rate, raw_p50);
      measure("cerk", run_cerk, cerk_rate, cerk_p50);
    }
    const auto at = std::to_string(outstanding);
    ratios["ratio_to_raw_at_" + at] = bench::median(cerk_rate) / bench::median(raw_rate);
    ratios["p50_us_above_raw_at_" + at] = bench::median(cerk_p50) - bench::median(raw_p50);
  }
  if (only.empty())
    bench::print(ratios);
}
