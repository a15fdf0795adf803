/// The fold over whole records: each comes out with its verdict, once that is known.
#pragma once

#include "cerk/log.hpp"

#include "fold.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cerk {

/// How a scan differs from that of a whole partition.
struct scanner_options {
  /// The fold as it is where the scan begins.
  partition_fold fold{};
  /// Begins at the partition's start, so that an aggregate that was not met has no events.
  bool from_start = true;
  /// Void records inside an open group come out at once and not in their place: then an owner that
  /// died inside a group cannot make others' records pile up here.
  bool voids_at_once = false;
  /// Aggregates whose versions are remembered, about 100 bytes each. With more than that all are
  /// forgotten, and from then on the next version of each is believed. Legacy events, which have to
  /// be counted, are not bounded by it.
  std::size_t aggregates_max = SIZE_MAX;
};

/// Folds the records of one partition, fed in their order, and hands on what became of each.
///
/// Entries are kept back while a group is open, with the batches that hold them.
class scanner {
public:
  /// Returns false to stop.
  using sink = std::function<bool(const log_entry&)>;

  /// A place between two records from which a scan can go on: no group is open there, and nothing
  /// that was said before it depends on what comes after it.
  struct place {
    offset next{0};
    term current;
    std::uint64_t next_number = 1;
  };

  scanner(partition_id partition, sink on_entry, scanner_options options = {});

  /// False if the sink stopped the scan.
  bool feed(const std::shared_ptr<const record_batch>& batch, const record_view& record);

  /// The log ends here, perhaps inside a group. False if the sink stopped the scan.
  bool finish();

  /// The last such place; nothing in effect from before it is yet to come out. `next` is 0 until
  /// the first record.
  const place& settled() const noexcept {
    return settled_;
  }

  /// The term that `record` names, or replaces, is neither in force nor was it, as far as is known.
  bool is_unknown_to_fold(const record_view& record) const;

  /// See `partition_fold`.
  void remember_claim(term id) {
    fold_.remember_claim(id);
  }

private:
  struct held {
    std::shared_ptr<const record_batch> batch;
    log_entry entry;
    bool pending = false;
  };

  log_entry describe(const record_view& record) const;
  void judge_keyless(log_entry& entry, const record_view& record);
  void judge(held& added, const record_view& record);
  void void_pending(const held* but = nullptr);
  void take_effect(held& h);
  void make_void(held& h, void_cause cause);
  bool flush();

  partition_id partition_;
  sink on_entry_;
  scanner_options options_;
  partition_fold fold_;
  std::deque<held> held_;
  bool behind_unreadable_ = false; // a header that could not be read, and nothing in effect since
  std::unordered_map<std::string, std::uint64_t> versions_;
  bool knows_all_versions_;
  place settled_;
};

} // namespace cerk
