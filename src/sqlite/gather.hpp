/// How long an open transaction waits for company: pure policy of the group commit.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cerk::sqlite {

/// Clients that were answered together usually come back together. So a transaction is worth
/// holding open until as many commits are in it as could be on their way: those that the last one
/// answered, and those that waited while it was written. A lone client never waits: its one commit
/// is all that can be on its way. A wait in vain is not repeated at once: the next 1, 3, 7, ... (at
/// most 63) transactions do not wait.
class gather {
public:
  /// A transaction ended: it answered `commits`, and `waiting` more were handed over meanwhile.
  void ended(std::size_t commits, std::size_t waiting) noexcept {
    expected_ = commits + waiting;
    if (resting_ > 0)
      --resting_;
  }

  /// Whether a transaction of `commits` should wait for more.
  bool should_wait(std::size_t commits) const noexcept {
    return resting_ == 0 && commits < expected_;
  }

  /// A wait ended without company.
  void waited_in_vain() noexcept {
    rest_ = std::min<std::uint32_t>(2 * rest_ + 1, 63);
    resting_ = rest_ + 1;
  }

  /// A wait was worth it.
  void found_company() noexcept {
    rest_ = 0;
  }

private:
  std::size_t expected_ = 0;
  std::uint32_t rest_ = 0;
  std::uint32_t resting_ = 0;
};

} // namespace cerk::sqlite
