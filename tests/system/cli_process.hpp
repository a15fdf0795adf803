/// The program `cerk`, run to its end.
#pragma once

#include "process.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace system_test {

/// What a run of `cerk` left behind.
struct cli_result {
  int code = -1;
  std::string out;
  std::string err;

  /// What was printed; an object without members where it is not JSON.
  nlohmann::json json() const {
    auto read = nlohmann::json::parse(out, nullptr, false);
    return read.is_discarded() ? nlohmann::json::object() : read;
  }

  /// A copy: a check outlives the document it looks at.
  nlohmann::json member(const std::string& name) const {
    const auto all = json();
    return all.is_object() && all.contains(name) ? all[name] : nlohmann::json{};
  }

  bool says(const std::string& words) const {
    return err.find(words) != std::string::npos;
  }
};

/// A directory of its own and `cerk` in it.
struct cli_fixture {
  temporary_directory directory;
  std::string store = "sqlite:" + directory / "u.db";

  cli_result cerk(std::vector<std::string> arguments) const {
    const auto out = directory / "stdout";
    const auto err = directory / "stderr";
    std::filesystem::remove(out);
    std::filesystem::remove(err);
    arguments.insert(arguments.begin(), CERK_TOOL);
    process run{arguments, {.stdout_file = out, .stderr_file = err}};
    const auto ended = run.wait(std::chrono::seconds{60});
    return {.code = ended ? ended->code : -1, .out = content_of(out), .err = content_of(err)};
  }

  std::string write(const std::string& name, const std::string& content) const {
    const auto path = directory / name;
    std::ofstream{path, std::ios::binary} << content;
    return path;
  }

  /// The whole log of `of`, byte for byte.
  std::string log(const std::string& of) const {
    return cerk({"export", "--store", of}).out;
  }
};

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream from{text};
  for (std::string line; std::getline(from, line);)
    lines.push_back(line);
  return lines;
}

inline const std::string go_users = std::string{CERK_TEST_DATA} + "/go-users.jsonl";

/// A line of a legacy event.
inline std::string user_line(const std::string& id, const std::string& type = "UserCreatedEvent") {
  const nlohmann::json value{{"id", id},          {"type", type},
                             {"version", 0},      {"create_time", "2026-11-23T05:51:48Z"},
                             {"first_name", "A"}, {"last_name", "B"}};
  return nlohmann::json{{"key", id}, {"value", value.dump()}}.dump() + '\n';
}

} // namespace system_test
