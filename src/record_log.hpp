/// A log that appends without conditions: what cerk asks of Kafka, and of whatever stands in for it
/// in tests. `log_provider` makes an event store of it.
#pragma once

#include "cerk/provider.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// A record on its way into a log; copied when it is handed over.
struct outgoing_record {
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  /// The packed header; empty: none.
  std::string_view header;
  std::span<const std::pair<std::string, std::string>> headers;
  std::int64_t timestamp_ms = 0;
};

/// What the log says of one record.
struct delivery {
  /// As given to `produce`.
  std::uint64_t token = 0;
  /// False: not stored, or nobody knows.
  bool stored = false;
  /// `no_offset` if the log does not say.
  offset at = no_offset;
  /// Why not stored.
  std::string failure;
};

/// In the order of production, as far as the log keeps it. Called on the log's thread, never inside
/// `produce`; not after the pipeline's destructor has returned.
using on_deliveries = std::function<void(std::vector<delivery>)>;

/// An idempotent producer for one partition: what it produces lands in order and once, or is
/// reported as failed. Used by one thread at a time.
class log_pipeline {
public:
  virtual ~log_pipeline() = default;

  /// Hands a record over; false if the pipeline cannot take it.
  virtual bool produce(const outgoing_record& record, std::uint64_t token) = 0;
};

class record_log {
public:
  record_log() = default;
  record_log(const record_log&) = delete;
  record_log& operator=(const record_log&) = delete;
  virtual ~record_log() = default;

  virtual const provider_info& info() const noexcept = 0;

  /// A fresh producer. Destroying one gives up what it has not delivered; that may land all the
  /// same.
  virtual result<std::unique_ptr<log_pipeline>>
  open_pipeline(partition_id partition, on_deliveries done) = 0;

  /// As `provider::read`.
  virtual result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) = 0;

  /// The first offset after the partition's end. Blocks, within a bound.
  virtual result<offset> end(partition_id partition) = 0;

  /// Runs `job` later, on a thread where it may block; jobs of one partition one at a time and in
  /// order. After `close` none begins.
  virtual void
  run(partition_id partition, std::chrono::milliseconds delay, std::function<void()> job)
    = 0;

  /// Waits for the job under way. Called once, before the destructor.
  virtual void close() = 0;
};

} // namespace cerk
