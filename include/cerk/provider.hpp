/// The event store contract: partitions to claim, to read and to append to under a term.
#pragma once

#include "cerk/error.hpp"
#include "cerk/event.hpp"
#include "cerk/ids.hpp"
#include "cerk/record.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// What one command appends to one aggregate: all of it or nothing.
struct commit {
  std::string aggregate_id;
  /// The version the events were decided on; the first event makes the next one.
  cerk::version expected_version;
  cerk::command_id command_id;
  std::uint64_t digest = 0;
  std::int64_t time_ms = 0;
  /// Other kinds have one text, which is no event: the version stays. Once it is in effect it shows
  /// that the partition had no other owner when it was appended; a `noop` is void of all else, so
  /// its expected version is not looked at, and a store with one process may not write it.
  record_kind kind = record_kind::event;
  /// 1 to 65,535 JSON texts.
  std::vector<std::string> events;
  /// Stored with each event.
  std::vector<std::pair<std::string, std::string>> headers;

  std::size_t bytes() const noexcept;
};

using commit_ptr = std::shared_ptr<const commit>;

/// How one commit ended.
struct commit_result {
  enum class status : std::uint8_t {
    /// Durable and in effect; `last` is the offset of its last event.
    committed,
    /// Void: the aggregate was at `actual`.
    conflict,
    /// Void: this aggregate already has events of this command. `last`, `actual`, `digest` and
    /// `event_count` are those of the first time.
    duplicate,
    /// Void: another owner claimed the partition.
    fenced,
    /// Void: the store refused before writing; `failure` says why.
    refused,
    /// Void: the store takes nothing more until it is opened again; `failure` says why.
    stopped,
    /// In effect or void, nobody knows yet; the store takes nothing more under this term.
    unknown,
  };

  status ended = status::unknown;
  offset last = no_offset;
  version actual{};
  std::uint64_t digest = 0;
  std::uint32_t event_count = 0;
  /// For `refused`, `stopped` and `unknown`.
  error failure{};
};

using append_done = std::function<void(std::vector<commit_result>)>;
using claim_done = std::function<void(result<offset>)>;
using events_done = std::function<void(result<std::vector<stored_event>>)>;

/// Reads one partition forward. Used by one thread at a time.
class record_reader {
public:
  virtual ~record_reader() = default;

  /// The next records, about `bytes_max` bytes but at least one record if there is one. Goes on
  /// past `end()` with what is appended later: if nothing is here, waits at most `wait_max` for it
  /// (0: takes what is here). An empty batch means that nothing came, not that the log ends.
  /// Errors: `unavailable` (try again), `corrupt` and `store_unusable` (give up).
  virtual result<std::shared_ptr<record_batch>>
  next(std::size_t bytes_max, std::chrono::milliseconds wait_max) = 0;

  /// For a thread that has nothing else to do. It waits a tenth of a second: so long may who stops
  /// that thread have to wait.
  result<std::shared_ptr<record_batch>> next(std::size_t bytes_max) {
    return next(bytes_max, std::chrono::milliseconds{100});
  }

  /// The offset that `next` goes on from.
  virtual offset position() const noexcept = 0;

  /// The first offset after the log's end, as it was when the reader was opened.
  virtual offset end() const noexcept = 0;
};

/// What a provider is like; fixed for its life.
struct provider_info {
  /// For people, for example "sqlite:users.db".
  std::string name;
  std::int32_t partition_count = 1;
  cerk::partitioner partitioner = cerk::partitioner::crc32;
  /// Whether a restore fails where claims or keys show that the store was written with another
  /// number of partitions or another partitioner.
  bool checks_placement = true;
  /// Batches that a producer may have under way at once in one partition.
  std::size_t flights_max = 1;
  /// Whether it answers `conflict` and `duplicate` by itself. A log does not: there an owner is
  /// right because nothing of anybody else takes effect under its claim.
  bool checks_versions = true;
  /// Whether reading waits for a disk or a network, so that it needs a thread of its own.
  bool reading_blocks = true;
};

/// Where an aggregate lives in this store.
inline partition_id partition_of(std::string_view aggregate_id,
                                 const provider_info& store) noexcept {
  return partition_of(aggregate_id, store.partition_count, store.partitioner);
}

/// An event store. Implementations: `memory_provider`, `sqlite_provider`, `kafka_provider`.
///
/// Thread: every function may be called from any thread. Callbacks run on the provider's own
/// thread (`memory_provider`: on the caller's), must not block and must not throw.
/// Ownership: outlives every repository and reader made on it.
class provider {
public:
  provider() = default;
  provider(const provider&) = delete;
  provider& operator=(const provider&) = delete;
  virtual ~provider() = default;

  virtual const provider_info& info() const noexcept = 0;

  /// Opens a reader at `from`, which must not be before the log's start.
  virtual result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) = 0;

  /// Appends a claim record. `done` gets its offset, or `no_offset` where the store does not know
  /// it, once it is durable: whether the claim is in effect is told by reading it back, nothing
  /// else.
  virtual void append_claim(partition_id partition, const claim& wanted, claim_done done) = 0;

  /// Appends `commits` under `owner` and answers each of them, in their order.
  ///
  /// Order: calls for one partition take effect in the order of the calls, so commits of one
  /// aggregate keep their order. A commit that ends other than `committed` voids every later commit
  /// of the same aggregate that was decided on it.
  /// Bound: an event above the store's limit is refused, and nothing of its commit is written.
  /// Never blocks for longer than it takes to hand over.
  virtual void
  append(partition_id partition, term owner, std::vector<commit_ptr> commits, append_done done)
    = 0;

  /// Its owner will not append under `owner` any more: what the store keeps for that goes. Nothing
  /// if there is no such term.
  virtual void relinquish(partition_id partition, term owner);

  /// Effective events of one aggregate after version `after`, at most `events_max`, in order.
  virtual void read_aggregate(partition_id partition, std::string aggregate_id, version after,
                              std::size_t events_max, events_done done)
    = 0;

  /// Appends records as they are, their headers included, all or none (a log: in order, and the
  /// error says how many): for import, before anybody claims. Blocks until durable. Errors:
  /// `fenced` if the store has an owner in this process.
  virtual result<void> append_verbatim(partition_id partition, const std::vector<record>& records)
    = 0;

  /// Finishes what was handed over and refuses everything after it. Blocks. Called by destructors.
  virtual void close() = 0;
};

} // namespace cerk
