/// Where a test's log reports to: until its pipeline goes, and never behind it.
#pragma once

#include "record_log.hpp"

#include <mutex>
#include <utility>

class report_sink {
public:
  explicit report_sink(cerk::on_deliveries done) : done_(std::move(done)) {
  }

  void report(const cerk::delivery& one) {
    const std::lock_guard lock{mutex_};
    if (done_)
      done_({one});
  }

  /// Waits for a report that is being taken; there is none after it.
  void close() {
    const std::lock_guard lock{mutex_};
    done_ = nullptr;
  }

private:
  std::mutex mutex_;
  cerk::on_deliveries done_;
};
