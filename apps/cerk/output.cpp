// write(2), and the usual dance for a file: temporary, sync, rename, sync the folder.
#include "output.hpp"

#include "exit_code.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace cerk::cli {

namespace fs = std::filesystem;

output::output(const std::string& path) : name_(path == "-" ? "standard output" : path) {
  if (path == "-") {
    fd_ = STDOUT_FILENO;
    return;
  }
  std::error_code ignored;
  const auto status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    // A device or a pipe must stay what it is.
    fd_ = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    const auto target = fs::is_symlink(path, ignored) ? fs::weakly_canonical(path, ignored)
                                                      : fs::path{path};
    path_ = target.string();
    temporary_ = path_ + ".part" + std::to_string(getpid());
    fd_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd_ < 0)
      temporary_.clear();
  }
  if (fd_ < 0)
    fail("cannot be opened");
}

output::~output() {
  if (fd_ > STDERR_FILENO)
    close(fd_);
  if (!temporary_.empty())
    unlink(temporary_.c_str());
}

void output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= 1 << 16)
    flush();
}

void output::finish() {
  flush();
  if (path_.empty())
    return;
  if (fsync(fd_) != 0)
    fail("cannot be written");
  if (rename(temporary_.c_str(), path_.c_str()) != 0)
    fail("cannot be put in its place");
  temporary_.clear();
  const auto folder = fs::path{path_}.parent_path();
  const int directory
    = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory >= 0) {
    fsync(directory); // some file systems cannot; the rename stands either way
    close(directory);
  }
}

void output::flush() {
  std::string_view left = buffer_;
  while (!left.empty()) {
    const auto written = ::write(fd_, left.data(), left.size());
    if (written < 0 && errno != EINTR)
      fail("cannot be written");
    if (written > 0)
      left.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

void output::fail(const char* what) const {
  throw stop{exit_code::failed, name_ + " " + what + ": " + std::strerror(errno)};
}

} // namespace cerk::cli
