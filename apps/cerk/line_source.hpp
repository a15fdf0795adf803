/// The lines of a file or of standard input, bounded and interruptible.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cerk::cli {

/// Reads lines; used by one thread. Throws `stop`.
class line_source {
public:
  /// Opens `path`; "-" is standard input.
  explicit line_source(const std::string& path);
  line_source(const line_source&) = delete;
  line_source& operator=(const line_source&) = delete;
  ~line_source();

  /// The next line without its line feed, valid until the next call; false at the end. A last line
  /// without line feed is a line. Stops at lines longer than `line_bytes_max` and when interrupted.
  bool next(std::string_view& line);

  /// Of the line that `next` gave last, counted from 1.
  std::uint64_t number() const noexcept {
    return number_;
  }

  std::uint64_t bytes_read() const noexcept {
    return bytes_read_;
  }

  /// The file's size; 0 where nobody knows it.
  std::uint64_t bytes_total() const noexcept {
    return bytes_total_;
  }

  /// "users.jsonl, line 7"
  std::string here() const;

private:
  bool fill();

  std::string name_;
  int fd_ = 0;
  std::string buffer_;
  std::size_t begin_ = 0; // of what `next` has not given yet
  std::uint64_t number_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_total_ = 0;
};

} // namespace cerk::cli
