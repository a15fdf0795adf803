/// Where imported records go, and which of them would mean something else there.
///
/// The fold gives a record its meaning by its place: the terms of its partition, the numbers in a
/// term. So a log that was ever claimed can only be copied whole, into as many partitions, into an
/// empty store; events that were never claimed (of the Go library) can go anywhere, in order.
#pragma once

#include "ndjson_record.hpp"

#include <cstdint>
#include <map>
#include <vector>

namespace cerk::cli {

/// What is in the store that the records are for.
struct import_target {
  std::int32_t partition_count = 1;
  cerk::partitioner partitioner = cerk::partitioner::crc32;
  bool is_empty = true;
  /// A claim is in effect in one of its partitions.
  bool is_claimed = false;
};

/// Judges lines one after the other. Pure.
class import_plan {
public:
  /// With `keep_damaged`, records whose seal is broken are taken as they are.
  import_plan(import_target target, bool keep_damaged);

  /// The partition that the record of `line` goes to, behind those placed before it. Errors:
  /// `bad_input` for what is wrong with the file, `fenced` for what the store cannot take.
  result<partition_id> place(const record_line& line);

  /// Claims seen so far.
  std::uint64_t claims() const noexcept {
    return claims_;
  }

private:
  result<void> check_order(const record_line& line);
  result<void> check_claim(const claim& read, partition_id at) const;
  result<void> check_event(const record_line& line, partition_id at) const;
  result<partition_id> partition_for(const record_line& line, bool is_claim) const;

  import_target target_;
  bool keep_damaged_;
  std::uint64_t claims_ = 0;
  std::vector<bool> claimed_;                        // by partition: a claim was in the file
  std::map<std::int32_t, std::int64_t> last_offset_; // by the partition that a line names; -1: none
};

} // namespace cerk::cli
