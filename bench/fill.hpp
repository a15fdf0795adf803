/// Fills a store of the restore benchmark, or goes on where that was broken off.
#pragma once

#include <cerk/cerk.hpp>

#include "named_store.hpp"
#include "raw_kafka.hpp"
#include "shapes.hpp"

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

/// Appends the events of `holds` from number `first` on.
template <class Domain>
void append(cerk::provider& store, const shape& holds, std::uint64_t first) {
  // Few and large calls: each folds nothing, but begins with a copy of all versions.
  constexpr std::size_t batch_events_max = 200'000;
  constexpr std::size_t batch_bytes_max = 256 << 20;
  auto writer = cerk::log_writer::open(store, "bench").value();
  std::vector<cerk::new_event> batch;
  std::size_t bytes = 0;
  for (auto i = first; i < holds.events; ++i) {
    bytes += batch.emplace_back(Domain::make_event(holds, i)).fields.size();
    if (batch.size() == batch_events_max || bytes >= batch_bytes_max || i + 1 == holds.events) {
      writer->send(batch).value();
      batch.clear();
      bytes = 0;
    }
  }
}

/// How many events a topic holds. Throws if it is too short and not all of them are ours: events of
/// others are measured as they are, and none is added to them.
inline std::uint64_t events_in(const named_store& topic, const shape& wanted) {
  bool is_own = true;
  raw_topic log{topic.brokers, topic.place(), 256 << 20};
  const auto events = log.select(
    [&](std::string_view key, std::string_view) { is_own = is_own && key.starts_with(own_ids); });
  if (events < wanted.events && !is_own)
    throw std::runtime_error(topic.store + " holds " + std::to_string(events)
                             + " events that this program did not write: name another topic, or"
                               " pass --events "
                             + std::to_string(events));
  return events;
}

inline void say_filling(const named_store& store, const shape& with) {
  std::fprintf(stderr, "filling %s with %llu events\n", store.store.c_str(),
               static_cast<unsigned long long>(with.events));
}

/// A file is filled if it does not exist, a topic also if it is too short.
template <class Domain>
void fill(const named_store& to, const shape& with) {
  if (!to.is_topic()) {
    if (std::filesystem::exists(to.place()))
      return;
    say_filling(to, with);
    cerk::sqlite_provider store{{.path = to.place()}};
    return append<Domain>(store, with, 0);
  }
  auto options = to.topic();
  const bool is_new = cerk::create_kafka_topic(options, to.partitions, 1).value();
  const auto events = is_new ? 0 : events_in(to, with);
  if (events >= with.events)
    return;
  say_filling(to, with);
  // A consumer would warn that compressing is not its business.
  options.settings = {{"compression.codec", with.codec}, {"log_level", "3"}};
  cerk::kafka_provider store{options};
  append<Domain>(store, with, events);
}

} // namespace bench
