/// How many partitions are restored at a time, and which one is next.
#pragma once

#include "cerk/ids.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace cerk {

/// A few partitions at a time are restored faster than all at once: what one reads and folds stays
/// in the processor's cache, and it serves while others wait. See
/// docs/decisions/0011-a-few-partitions-at-a-time.md. Thread-safe.
class restore_turns {
public:
  explicit restore_turns(std::size_t at_a_time) : at_a_time_(std::max<std::size_t>(at_a_time, 1)) {
  }

  std::size_t at_a_time() const noexcept {
    return at_a_time_;
  }

  /// Takes a turn. If all are taken, returns false, and calls `come` once a turn is free and this
  /// partition's: on the thread of whoever gave it back.
  bool take(partition_id who, std::function<void()> come) {
    const std::lock_guard lock{mutex_};
    if (taken_.size() < at_a_time_) {
      taken_.push_back(who);
      return true;
    }
    waiting_.emplace_back(who, std::move(come));
    return false;
  }

  /// Gives the turn back or waits for none any more; nothing for a partition that does neither.
  void leave(partition_id who) {
    std::function<void()> next;
    {
      const std::lock_guard lock{mutex_};
      std::erase_if(waiting_, [&](const auto& one) { return one.first == who; });
      if (std::erase(taken_, who) == 0 || waiting_.empty())
        return;
      taken_.push_back(waiting_.front().first);
      next = std::move(waiting_.front().second);
      waiting_.pop_front();
    }
    next();
  }

private:
  const std::size_t at_a_time_;
  std::mutex mutex_;
  std::vector<partition_id> taken_;
  std::deque<std::pair<partition_id, std::function<void()>>> waiting_;
};

} // namespace cerk
