/// A restore's reports, made on actors' threads, for the thread that waits.
#pragma once

#include "cerk/options.hpp"

#include "exit_code.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

namespace cerk::cli {

/// Thread: `report` any, `wait` one.
class restore_watch {
public:
  explicit restore_watch(std::int32_t partition_count)
    : partitions_(static_cast<std::size_t>(partition_count)) {
  }

  void report(const restore_progress& now) {
    const std::lock_guard lock{mutex_};
    partitions_[static_cast<std::size_t>(now.partition)] = now;
    changed_.notify_all();
  }

  /// Returns the last report of each partition once all are restored. Throws `stop`.
  std::vector<restore_progress> wait(progress_bar& bar) {
    std::unique_lock lock{mutex_};
    for (;;) {
      bool restored = true;
      for (const auto& p : partitions_) {
        if (p.now == restore_progress::phase::failed)
          throw stop{exit_code::failed,
                     "partition " + std::to_string(p.partition) + ": " + p.failure};
        restored = restored && p.now == restore_progress::phase::serving;
      }
      if (restored)
        return partitions_;
      bar.at(summary_of(partitions_));
      stop_if_interrupted();
      changed_.wait_for(lock, std::chrono::milliseconds{100});
    }
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<restore_progress> partitions_;
};

} // namespace cerk::cli
