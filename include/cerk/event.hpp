/// An event as the log holds it, for those who read the log rather than a state.
#pragma once

#include "cerk/ids.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cerk {

/// One event of the log with its place, its envelope and its stored JSON.
struct stored_event {
  cerk::partition_id partition;
  cerk::offset offset = no_offset;
  /// When the log took it, in milliseconds since 1970.
  std::int64_t timestamp_ms = 0;
  /// The aggregate's id.
  std::string key;
  /// The stored name of its type.
  std::string type;
  /// The aggregate's version after it; the log's own count, never the number in `value`.
  cerk::version version;
  /// Nil for an event written without a command id.
  cerk::command_id command_id;
  /// This is event `k` (from 1) of its command's `n`.
  std::uint32_t k = 1;
  std::uint32_t n = 1;
  /// The JSON text as it is stored, byte for byte.
  std::string value;
  /// Other headers, in order: `correlation_id`, `traceparent`, metadata.
  std::vector<std::pair<std::string, std::string>> headers{};

  /// `<command id>-<k>`, or `<partition>:<offset>` without a command id.
  std::string id() const {
    return command_id.is_nil() ? event_id(partition, offset) : event_id(command_id, k);
  }
};

} // namespace cerk
