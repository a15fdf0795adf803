// A command's one result, and words for people beside it.
#include "commands.hpp"

#include <cmath>
#include <cstdio>

namespace cerk::cli {

std::uint64_t rate(std::uint64_t count, double seconds) {
  return seconds > 0
           ? static_cast<std::uint64_t>(std::llround(static_cast<double>(count) / seconds))
           : 0;
}

namespace {

std::string words_of(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// "partition 0, events 10, …"
std::string line_of(const nlohmann::ordered_json& object) {
  std::string line;
  for (const auto& [name, value] : object.items())
    line += (line.empty() ? "" : ", ") + name + ' ' + words_of(value);
  return line + '\n';
}

} // namespace

void print_result(const nlohmann::ordered_json& result, format as) {
  output out{"-"};
  if (as == format::text) {
    for (const auto& [name, value] : result.items())
      if (value.is_array())
        for (const auto& element : value)
          out.write(line_of(element));
      else
        out.write(name + ' ' + words_of(value) + '\n');
  } else {
    out.write(result.dump() + '\n');
  }
  out.finish();
}

void note(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace cerk::cli
