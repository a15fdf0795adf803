/// Another process and a directory of its own, for tests that look at a program from outside.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace system_test {

using namespace std::chrono_literals;

/// Asks `done` again and again until it is true; false if it never was. For what another process
/// does in its own time.
template <class Done>
bool comes_true(Done done, std::chrono::milliseconds at_most = 20s) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!done()) {
    if (std::chrono::steady_clock::now() >= until)
      return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

inline std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file, std::ios::binary}.rdbuf();
  return text.str();
}

/// A fresh directory that everybody may read; gone at the end with everything in it.
class temporary_directory {
public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "cerk-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("no temporary directory");
    path_ = name;
    std::filesystem::permissions(path_, std::filesystem::perms{0755});
  }

  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

private:
  std::filesystem::path path_;
};

/// How a process ended: by itself, or by a signal.
struct exit_status {
  int code = -1;
  int signal = 0;
};

/// What a process starts with besides its arguments.
struct process_options {
  /// Files for its output; empty: nowhere.
  std::string stdout_file;
  std::string stderr_file;
  /// Set on top of the test's own environment.
  std::vector<std::pair<std::string, std::string>> environment{};
  /// Runs as this user; needs root.
  std::optional<uid_t> user{};
  /// Largest file it may write.
  std::optional<rlim_t> file_bytes_max{};
};

/// A child process, killed at the latest with this object. Started and ended by one thread.
class process {
public:
  explicit process(std::vector<std::string> arguments, const process_options& options = {}) {
    // All that allocates comes before the fork: other threads may hold the allocator's locks.
    auto variables = environment_with(options.environment);
    const auto argv = pointers_to(arguments);
    const auto envp = pointers_to(variables);
    const int program = open(arguments.at(0).c_str(), O_PATH | O_CLOEXEC);
    const int out = open_for_output(options.stdout_file);
    const int err = open_for_output(options.stderr_file);
    if (program < 0 || out < 0 || err < 0)
      throw std::runtime_error("cannot start " + arguments[0]);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out, STDOUT_FILENO);
      dup2(err, STDERR_FILENO);
      if (options.file_bytes_max) {
        const rlimit bound{*options.file_bytes_max, *options.file_bytes_max};
        setrlimit(RLIMIT_FSIZE, &bound);
      }
      if (options.user
          && (setgroups(0, nullptr) != 0 || setgid(*options.user) != 0
              || setuid(*options.user) != 0))
        _exit(126);
      // After the change of user, which would take it back.
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      // By descriptor: another user may not reach the program by its path.
      fexecve(program, argv.data(), envp.data());
      _exit(127);
    }
    close(program);
    close(out);
    close(err);
    if (pid_ < 0)
      throw std::runtime_error("cannot fork");
  }

  ~process() {
    if (pid_ > 0 && !ended_) {
      ::kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  process(const process&) = delete;
  process& operator=(const process&) = delete;

  void signal(int number) const {
    if (!ended_)
      ::kill(pid_, number);
  }

  bool is_running() {
    return !poll();
  }

  /// How it ended; nothing if it did not within `at_most`.
  std::optional<exit_status> wait(std::chrono::milliseconds at_most = 20s) {
    comes_true([&] { return poll(); }, at_most);
    return ended_;
  }

private:
  bool poll() {
    int status = 0;
    if (!ended_ && waitpid(pid_, &status, WNOHANG) == pid_)
      ended_ = WIFEXITED(status) ? exit_status{WEXITSTATUS(status), 0}
                                 : exit_status{-1, WTERMSIG(status)};
    return ended_.has_value();
  }

  static int open_for_output(const std::string& file) {
    return open(file.empty() ? "/dev/null" : file.c_str(),
                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  }

  static std::vector<std::string>
  environment_with(const std::vector<std::pair<std::string, std::string>>& added) {
    std::vector<std::string> all;
    for (char** variable = environ; *variable != nullptr; ++variable)
      all.emplace_back(*variable);
    for (const auto& [name, value] : added)
      all.push_back(name + "=" + value);
    return all;
  }

  static std::vector<char*> pointers_to(std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (auto& text : strings)
      pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }

  pid_t pid_ = -1;
  std::optional<exit_status> ended_;
};

} // namespace system_test
