// read(2) with a poll before it, so that waiting for a pipe can be interrupted.
#include "line_source.hpp"

#include "exit_code.hpp"
#include "interrupt.hpp"
#include "ndjson_record.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cerk::cli {

line_source::line_source(const std::string& path)
  : name_(path == "-" ? "standard input" : path),
    fd_(path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  struct stat about{};
  if (fd_ < 0 || fstat(fd_, &about) != 0 || S_ISDIR(about.st_mode)) {
    const int why = fd_ < 0 ? errno : EISDIR;
    throw stop{exit_code::failed, name_ + " cannot be read: " + std::strerror(why)};
  }
  if (S_ISREG(about.st_mode))
    bytes_total_ = static_cast<std::uint64_t>(about.st_size);
}

line_source::~line_source() {
  if (fd_ != STDIN_FILENO)
    close(fd_);
}

std::string line_source::here() const {
  return name_ + ", line " + std::to_string(number_);
}

bool line_source::next(std::string_view& line) {
  ++number_;
  std::size_t searched = begin_;
  for (;;) {
    const auto end = buffer_.find('\n', searched);
    const bool found = end != std::string::npos;
    const std::size_t size = (found ? end : buffer_.size()) - begin_;
    if (size > line_bytes_max)
      throw stop{exit_code::failed,
                 here() + ": longer than " + std::to_string(line_bytes_max) + " bytes"};
    if (found) {
      line = std::string_view{buffer_}.substr(begin_, size);
      begin_ = end + 1;
      return true;
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    searched = buffer_.size();
    if (fill())
      continue;
    if (buffer_.empty()) {
      --number_;
      return false;
    }
    line = buffer_;
    begin_ = buffer_.size();
    return true;
  }
}

// Adds what comes next; false at the end of the file.
bool line_source::fill() {
  constexpr std::size_t chunk = 1 << 20;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + chunk);
  ssize_t got = -1;
  do {
    stop_if_interrupted();
    pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, 200) == 0)
      continue;
    got = read(fd_, buffer_.data() + before, chunk);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
      throw stop{exit_code::failed, name_ + " cannot be read: " + std::strerror(errno)};
  } while (got < 0);
  buffer_.resize(before + static_cast<std::size_t>(got));
  bytes_read_ += static_cast<std::uint64_t>(got);
  return got > 0;
}

} // namespace cerk::cli
