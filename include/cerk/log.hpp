/// The log without a repository: read it with the fold's verdicts, or write events to it directly.
#pragma once

#include "cerk/provider.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// A record with what the fold says of it.
struct log_entry {
  /// For an event: with its version, the log's own count (0 while void). For a claim or a record
  /// that cannot be read: place, key and value.
  stored_event event;
  /// Takes effect. Claims and no-ops do, too.
  bool effective = false;
  /// Why not: a cause of the fold ("stale_term", "gap", ...), "incomplete" for a group that the log
  /// ends in, or "unreadable: ...".
  std::string reason;
  /// Why nobody may pass over it without a word: it takes effect and cannot be read, or damage may
  /// be why it is void. Empty: it may be passed over.
  std::string damage;
  bool is_claim = false;
  /// What the record's header says; an event without one.
  record_kind kind = record_kind::event;
  /// Of its header, too; 0 without one. For a claim: its own id.
  cerk::term term;
  std::uint64_t number = 0;
  std::uint64_t digest = 0;
  /// The record itself; valid during the call.
  const record_view* raw = nullptr;

  /// An event that takes effect: what makes a version.
  bool is_event() const noexcept {
    return effective && !is_claim && kind == record_kind::event;
  }
};

/// Told how far a scan is: the next offset to read, and the one where it ends.
using scan_progress = std::function<void(offset position, offset end)>;

/// Folds `partition` from its start to its present end and hands on every record, in order.
/// `on_entry` returns false to stop; `on_progress`, if there is one, is called after every MiB or
/// so. Blocks. Errors: those of `record_reader::next`.
result<void> scan_log(provider& store, partition_id partition,
                      const std::function<bool(const log_entry&)>& on_entry,
                      const scan_progress& on_progress = {});

/// The Go library's `FetchAllEvents`: every effective event of every partition up to the log's
/// present end, in the order of each partition, in batches of at most `batch_events`.
/// `on_batch` returns false to stop. Blocks. Errors: those of `scan_log`.
result<void>
fetch_all_events(provider& store, std::size_t batch_events,
                 const std::function<bool(const std::vector<stored_event>&)>& on_batch);

/// An event to be written without a repository.
struct new_event {
  std::string aggregate_id;
  std::string type;
  /// A JSON object with the event's own fields, for example `{"first_name":"Ada"}`.
  std::string fields = "{}";
};

/// Writes events directly, as the next versions of their aggregates. Owns every partition of its
/// store from `open` on: whoever owned them is fenced. Used by one thread.
class log_writer {
public:
  /// Folds the log for the versions in it, then claims every partition. Blocks.
  /// Errors: those of reading and claiming; `fenced` if somebody claimed at the same time.
  static result<std::unique_ptr<log_writer>> open(provider& store, std::string owner);
  ~log_writer();

  /// Appends `events`, each as a command of its own, and returns when all are durable.
  /// Errors: `bad_input` for fields that are no JSON object or use an envelope's name, before
  /// anything is appended; else the first that ended an append. Of the other events some may be
  /// stored; the text says how many are known to be.
  result<void> send(const std::vector<new_event>& events);

private:
  struct state;
  explicit log_writer(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

/// The Go library's `SendEvents`, made durable: `log_writer::open`, then `send`.
result<void> send_events(provider& store, const std::vector<new_event>& events);

} // namespace cerk
