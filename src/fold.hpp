/// The one rule by which every reader decides which records of a partition take effect.
///
/// Pure: no payloads, no I/O, no clock. The caller keeps the bytes of pending records.
/// A claim takes effect if it replaces the present term; a record with a header takes effect if it
/// is the next number of the present term, and with its whole group; a record without a header
/// takes effect until the first claim in effect. See docs/record_format.md.
#pragma once

#include "cerk/record.hpp"

#include <cstdint>
#include <string_view>
#include <unordered_set>

namespace cerk {

/// What the fold says of one record.
enum class effect : std::uint8_t {
  /// Takes effect now.
  in_effect,
  /// Takes effect with the rest of its group, or never.
  pending,
  /// Takes effect now, together with the pending records before it.
  completes_group,
  /// Changes nothing.
  voided,
};

/// Why a record is void.
enum class void_cause : std::uint8_t {
  none,
  /// Written under a term that another claim replaced, or that never held.
  stale_term,
  /// Written under a term that no claim before it made. Owners serve only after their claim is in
  /// the log, so a claim is damaged or missing.
  unknown_term,
  /// A record of the term is missing before it.
  gap,
  /// Its number was used already.
  copy,
  /// A claim that replaces a term that no longer held.
  lost_claim,
  /// A claim took effect inside its group.
  torn_group,
  /// No header, after the partition was claimed.
  headerless_after_claim,
};

std::string_view to_string(void_cause cause) noexcept;

/// The verdict on one record, and on the pending ones before it.
struct verdict {
  effect on_this = effect::voided;
  void_cause cause = void_cause::none;
  /// The pending records before it are void (`torn_group`).
  bool voids_pending = false;

  friend bool operator==(const verdict&, const verdict&) = default;
};

/// The state of the fold over one partition; the versions of aggregates are folded elsewhere.
class partition_fold {
public:
  partition_fold() = default;
  /// In the middle of a partition: `current` is in force, and `next_number` its next. Terms before
  /// it are unknown.
  partition_fold(term current, std::uint64_t next_number)
    : term_(current), claims_{current.value}, next_(next_number) {
  }
  /// A claim from before the middle: its term is then stale, not unknown.
  void remember_claim(term id) {
    claims_.insert(id.value);
  }
  /// The record before was `k` of the `n` of a group.
  void resume_group(std::uint16_t k, std::uint16_t n) noexcept {
    pending_k_ = k;
    pending_n_ = n;
  }

  verdict on_claim(const claim& c);
  verdict on_record(const record_header& h) noexcept;
  verdict on_headerless() const noexcept;

  /// The term in force; 0 before the first claim.
  term current() const noexcept {
    return term_;
  }

  /// Whether a claim made `t`, as far as this fold was told.
  bool knows(term t) const {
    return claims_.contains(t.value);
  }

  /// The number that the next record of the term must have.
  std::uint64_t next_number() const noexcept {
    return next_;
  }

  /// Whether a group has begun and not ended.
  bool has_pending() const noexcept {
    return pending_k_ != 0;
  }

private:
  term term_;
  std::unordered_set<std::uint64_t> claims_; // all that were seen, one for each start of an owner
  std::uint64_t next_ = 1;
  std::uint16_t pending_k_ = 0; // records of the open group seen so far; 0: none is open
  std::uint16_t pending_n_ = 0;
};

} // namespace cerk
