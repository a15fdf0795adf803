/// What a store of the restore benchmark holds: how many events of how many aggregates, which kind,
/// and in which order.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace bench {

enum class domain : std::uint8_t { users, orders };

struct shape {
  std::string_view name;
  std::uint64_t events = 2'000'000;
  /// Round robin.
  std::uint64_t aggregates = 100'000;
  bench::domain domain = domain::users;
  /// Every other event is one of aggregate 0, the others are spread.
  bool has_hot_aggregate = false;
  /// Text that each event has beside the usual.
  std::size_t text_bytes = 0;
  /// librdkafka's `compression.codec`.
  const char* codec = "none";

  /// The same with another number of events: aggregates stay as long as they are.
  shape with_events(std::uint64_t count) const {
    auto scaled = *this;
    scaled.events = count;
    scaled.aggregates = std::max<std::uint64_t>(aggregates * count / events, 2);
    return scaled;
  }
};

inline constexpr std::array shapes{
  shape{.name = "many"},
  shape{.name = "long", .aggregates = 10'000},
  shape{.name = "short", .aggregates = 1'000'000},
  shape{.name = "hot", .has_hot_aggregate = true},
  shape{.name = "large", .events = 200'000, .aggregates = 10'000, .text_bytes = 10 << 10},
  shape{.name = "lz4", .codec = "lz4"},
  shape{.name = "zstd", .codec = "zstd"},
  shape{.name = "orders", .domain = domain::orders},
};

/// Whose event it is, and how many of the same aggregate come before it.
struct place {
  std::uint64_t aggregate = 0;
  std::uint64_t ordinal = 0;
};

/// Where event `number` of a store belongs, counted from 0.
inline place place_of(const shape& in, std::uint64_t number) {
  if (!in.has_hot_aggregate)
    return {number % in.aggregates, number / in.aggregates};
  if (number % 2 == 0)
    return {0, number / 2};
  const auto others = in.aggregates - 1;
  return {1 + number / 2 % others, number / 2 / others};
}

/// Every aggregate of this program is called so.
inline constexpr std::string_view own_ids = "00000000-0000-4000-8000-";

inline std::string id_of(std::uint64_t aggregate) {
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%012llu",
                static_cast<unsigned long long>(aggregate));
  return std::string{own_ids} + digits.data();
}

} // namespace bench
