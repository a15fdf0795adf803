// One way of reading "number, then unit", and the units.
#include "units.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string>

namespace writer {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array durations{unit{"ms", 1}, unit{"s", 1'000}, unit{"m", 60'000},
                               unit{"h", 3'600'000}};
constexpr std::array sizes{unit{"B", 1}, unit{"KiB", 1 << 10}, unit{"MiB", 1 << 20},
                           unit{"GiB", 1 << 30}};
constexpr std::array counts{unit{"", 1}};

// Both results must hold what a user may write.
constexpr std::uint64_t number_max = std::numeric_limits<std::int64_t>::max();

template <std::size_t N>
cerk::result<std::uint64_t>
parse(std::string_view text, const std::array<unit, N>& units, std::string_view expected) {
  const auto wrong = [&](std::string_view why) {
    return cerk::error{cerk::errc::bad_input,
                       "'" + std::string{text} + "' " + std::string{why} + std::string{expected}};
  };
  std::uint64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure == std::errc::invalid_argument)
    return wrong("does not begin with a digit; ");
  const std::string_view name{rest, static_cast<std::size_t>(end - rest)};
  for (const auto& unit : units) {
    if (unit.name != name)
      continue;
    if (failure == std::errc::result_out_of_range || number > number_max / unit.factor)
      return wrong("is too large; ");
    return number * unit.factor;
  }
  return wrong(name.empty() ? "has no unit; " : "has an unknown unit; ");
}

} // namespace

cerk::result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto parsed = parse(text, durations, "write for example 500ms, 10s, 2m or 1h");
  if (!parsed)
    return parsed.error();
  return std::chrono::milliseconds{static_cast<std::int64_t>(*parsed)};
}

cerk::result<std::size_t> parse_bytes(std::string_view text) {
  const auto parsed = parse(text, sizes, "write for example 65536B, 512KiB, 256MiB or 1GiB");
  if (!parsed)
    return parsed.error();
  return static_cast<std::size_t>(*parsed);
}

cerk::result<std::size_t> parse_count(std::string_view text) {
  const auto parsed = parse(text, counts, "write digits alone");
  if (!parsed)
    return parsed.error();
  return static_cast<std::size_t>(*parsed);
}

} // namespace writer
