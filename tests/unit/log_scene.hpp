/// A log made by hand, one partition: what each record of it says is up to the test.
#pragma once

#include <cerk/memory_provider.hpp>

#include "aggregate_core.hpp"

#include <string>
#include <utility>

struct event_by_hand {
  std::uint64_t term = 1;
  std::uint64_t number = 1;
  std::uint64_t version = 1;
  std::uint16_t k = 1;
  std::uint16_t n = 1;
  cerk::record_kind kind = cerk::record_kind::event;
  std::string key = "a";
};

inline cerk::record record_of(const event_by_hand& e) {
  const auto value = cerk::event_value(e.key, "Noted", 0, {e.version}, R"("text":"x")");
  const auto packed
    = cerk::pack({.kind = e.kind,
                  .k = e.k,
                  .n = e.n,
                  .term = {e.term},
                  .number = e.number,
                  .version = {e.version},
                  .command_id = cerk::command_id::from_key(std::to_string(e.number)),
                  .digest = 9},
                 e.key, value);
  return {.key = e.key, .value = value, .header = {packed.data(), packed.size()}};
}

inline cerk::record claim_of(std::uint64_t id, std::uint64_t replaces) {
  return {.value = cerk::claim_value({.id = {id}, .replaces = {replaces}}, 0)};
}

inline cerk::record legacy_of(const std::string& key) {
  return {.key = key, .value = cerk::event_value(key, "Noted", 0, {0}, R"("text":"x")")};
}

struct log_scene {
  cerk::memory_provider store{{.partitions = 1}};

  void put(cerk::record r) {
    store.append_verbatim({0}, {std::move(r)}).value();
  }

  void put(const event_by_hand& e) {
    put(record_of(e));
  }

  void claimed(std::uint64_t id, std::uint64_t replaces) {
    put(claim_of(id, replaces));
  }

  void legacy(const std::string& key = "a") {
    put(legacy_of(key));
  }
};
