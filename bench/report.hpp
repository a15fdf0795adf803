/// What the benchmarks share: medians, percentiles, a child process per run, JSON lines.
#pragma once

#include <nlohmann/json.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace bench {

inline double median(std::vector<double> values) {
  if (values.empty())
    return 0;
  std::sort(values.begin(), values.end());
  const auto middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// The value below which `share` of all lie. Reorders `values`.
inline double percentile(std::vector<double>& values, double share) {
  if (values.empty())
    return 0;
  const auto at = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + at, values.end());
  return values[static_cast<std::size_t>(at)];
}

/// The numbers of all runs of one system, field by field.
class collected {
public:
  void add(const nlohmann::ordered_json& line) {
    for (const auto& [name, value] : line.items())
      if (value.is_number())
        values_[name].push_back(value);
  }

  double median(const std::string& name) const {
    return bench::median(values_.at(name));
  }

  /// Of those of `names` that the lines had.
  nlohmann::ordered_json medians(std::span<const char* const> names) const {
    nlohmann::ordered_json made;
    for (const char* name : names)
      if (values_.contains(name))
        made[name] = median(name);
    return made;
  }

private:
  std::map<std::string, std::vector<double>> values_;
};

inline double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

inline double peak_rss_mib() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

/// Runs `work` in a process of its own, so that no run inherits another's memory or threads.
inline nlohmann::ordered_json in_child(const std::function<nlohmann::ordered_json()>& work) {
  int ends[2];
  if (pipe(ends) != 0)
    std::exit(1);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    std::string text;
    int code = 0;
    try {
      text = work().dump();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
      code = 1;
    }
    for (std::size_t at = 0; at < text.size();) {
      const auto written = write(ends[1], text.data() + at, text.size() - at);
      if (written <= 0)
        _exit(1);
      at += static_cast<std::size_t>(written);
    }
    _exit(code);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    std::exit(1);
  return nlohmann::ordered_json::parse(text);
}

inline void print(const nlohmann::ordered_json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

} // namespace bench
