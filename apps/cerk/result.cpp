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

void print_result(const nlohmann::ordered_json& result, format as) {
  output out{"-"};
  if (as == format::text) {
    for (const auto& [name, value] : result.items())
      out.write(name + ' ' + (value.is_string() ? value.get<std::string>() : value.dump()) + '\n');
  } else {
    out.write(result.dump() + '\n');
  }
  out.finish();
}

void note(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

} // namespace cerk::cli
