/// How far a command is, on stderr: a bar on a terminal, else a line every 5 s.
#pragma once

#include "cerk/ids.hpp"
#include "cerk/options.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace cerk::cli {

/// What a line of progress tells.
struct progress_state {
  std::string label;
  /// What is counted, for example "events".
  std::string unit;
  std::uint64_t done = 0;
  /// 0: nobody knows.
  std::uint64_t total = 0;
  /// Of a restore, besides what is counted: for rates of their own, unless 0.
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  double seconds = 0;
};

/// "fill 45% 900,000 of 2,000,000 events, 450,000/s, 3 s left", or
/// "replay 45% 900,000 of 2,000,000 records, 440,000 events/s, 74.2 MB/s, 3 s left"
std::string progress_line(const progress_state& now);

/// The same behind a bar, cut to `columns`.
std::string progress_bar_line(const progress_state& now, std::size_t columns);

/// Draws. Used by one thread.
class progress_bar {
public:
  /// `total` 0: nobody knows. Without `enabled` it draws nothing.
  progress_bar(std::string label, std::string unit, std::uint64_t total, bool enabled);
  progress_bar(const progress_bar&) = delete;
  progress_bar& operator=(const progress_bar&) = delete;
  /// Wipes the bar, so that what is written next has a line of its own.
  ~progress_bar();

  /// Cheap; draws when it is time to.
  void at(std::uint64_t done);
  void at(std::uint64_t done, std::uint64_t total);
  void at(const restore_summary& now);
  /// Of a scan, as `scan_log` tells it.
  void at(offset position, offset end);

private:
  void draw_if_due();

  using clock = std::chrono::steady_clock;

  progress_state now_;
  bool enabled_;
  bool on_terminal_;
  bool drawn_ = false;
  clock::time_point started_;
  clock::time_point next_;
};

} // namespace cerk::cli
