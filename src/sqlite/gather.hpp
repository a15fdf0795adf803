/// How long an open transaction waits for company: pure policy of the group commit.
#pragma once

#include <algorithm>
#include <chrono>
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
  /// A transaction ended: it answered `commits`, `waiting` more were handed over meanwhile, and its
  /// COMMIT took `took`.
  void ended(std::size_t commits, std::size_t waiting, std::chrono::nanoseconds took) noexcept {
    expected_ = commits + waiting;
    took_ = took;
    if (resting_ > 0)
      --resting_;
  }

  /// Whether a transaction of `commits`, which has waited for `waited` in all, should wait for
  /// more. Not for longer than a second COMMIT would take.
  bool should_wait(std::size_t commits, std::chrono::nanoseconds waited) const noexcept {
    return resting_ == 0 && commits < expected_ && waited < took_;
  }

  /// How long to wait for the next one: an eighth of what a second COMMIT would cost.
  std::chrono::nanoseconds patience() const noexcept {
    using namespace std::chrono_literals;
    return std::clamp<std::chrono::nanoseconds>(took_ / 8, 50us, 2ms);
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
  std::chrono::nanoseconds took_{0};
  std::uint32_t rest_ = 0;
  std::uint32_t resting_ = 0;
};

} // namespace cerk::sqlite
