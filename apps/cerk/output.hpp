/// Where data goes: standard output, or a file that appears whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace cerk::cli {

/// Buffered writing; used by one thread. Throws `stop` when something cannot be written.
class output {
public:
  /// "-" is standard output. A regular file is written beside its place and renamed by `finish`.
  explicit output(const std::string& path);
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  /// Removes what was begun, unless it was finished.
  ~output();

  void write(std::string_view text);

  /// Hands everything over: a file is synced, then takes the place of its former self.
  void finish();

private:
  void flush();
  [[noreturn]] void fail(const char* what) const;

  std::string name_;
  std::string path_;      // of the file to become; empty: what is written is written
  std::string temporary_; // removed unless empty
  int fd_ = -1;
  std::string buffer_;
};

} // namespace cerk::cli
