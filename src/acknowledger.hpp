/// When an owner's record is known to be in effect: the rule of acknowledgement.
///
/// Pure: no I/O, no clock. One for each term of one partition.
///
///     produced 1 2 3 ─► reported 1 2 3, in order ─► confirmed, while offsets have no gap
///                                               └─► wants_reading ─► read … ─► confirmed
///
/// A report alone proves that a record is in the log, not that it takes effect: another owner's
/// claim may lie before it. An offset right behind the last own record in effect leaves no place
/// for one. Everything else is read back, and an own record read back as in effect confirms all
/// before. See docs/record_format.md.
#pragma once

#include "fold.hpp"

#include <cstdint>
#include <deque>
#include <unordered_set>
#include <utility>
#include <vector>

namespace cerk {

class acknowledger {
public:
  /// `claimed_at` is the offset of the claim in effect that made `own`. `no_offset`: not known;
  /// then the claim is looked for from `search_from` on.
  acknowledger(term own, offset claimed_at, offset search_from);

  term own() const noexcept {
    return own_;
  }

  // -- producing --

  /// The number of the next record of the term.
  std::uint64_t next_number() const noexcept {
    return first_ + pending_.size();
  }

  /// The next record is on its way: event `k` of `n`.
  void produced(std::uint16_t k, std::uint16_t n);

  /// The log's word on an own record: whether it is stored, and where, if the log says so.
  void reported(std::uint64_t number, bool stored, offset at);

  // -- reading --

  /// Reports alone do not tell: records from `begin_reading()` on have to be read.
  bool wants_reading() const noexcept {
    return !is_over() && !pending_.empty() && pending_.front().is == state::stored;
  }

  /// Where to read from, until `wants_reading` is false again.
  offset begin_reading();

  /// The next record read. Returns the id of an own claim (the present or an expected one), if it
  /// is one.
  term read(const record_view& record);

  /// Among the claims to be read is one by this owner, which replaces `own`.
  void expect_claim(term id) {
    expected_.insert(id.value);
  }

  // -- knowing --

  /// Confirmed records since the last call: numbers and offsets, in order.
  std::vector<std::pair<std::uint64_t, offset>> take_confirmed() {
    return std::exchange(confirmed_, {});
  }

  /// A record is lost or void, so that none after it can take effect. What is not confirmed is in
  /// doubt until a newer claim is read.
  bool is_broken() const noexcept {
    return broken_;
  }

  /// Another owner's claim is in effect: what is not confirmed is void.
  bool is_fenced() const noexcept {
    return fenced_;
  }

  /// The expected claim that took effect, and its offset; what is not confirmed is void.
  const std::pair<term, offset>& successor() const noexcept {
    return successor_;
  }

private:
  enum class state : std::uint8_t { under_way, stored, failed };

  struct own_record {
    state is = state::under_way;
    offset at = no_offset;
    std::uint16_t k = 1;
    std::uint16_t n = 1;
  };

  bool is_over() const noexcept {
    return broken_ || fenced_ || successor_.first != term{};
  }
  void confirm(offset at);
  void advance();

  term own_;
  offset known_;       // of the last own record, or claim, known to be in effect
  offset search_from_; // while there is none
  std::uint64_t first_ = 1;
  std::deque<own_record> pending_; // numbers first_, first_ + 1, …
  own_record last_confirmed_;
  std::vector<std::pair<std::uint64_t, offset>> confirmed_;
  partition_fold fold_;
  std::unordered_set<std::uint64_t> expected_;
  std::pair<term, offset> successor_{term{}, no_offset};
  bool broken_ = false;
  bool fenced_ = false;
};

} // namespace cerk
