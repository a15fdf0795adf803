/// Names and numbers of the log, each meaning its own type.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cerk {

/// A number with a meaning: two of different `Tag` neither mix nor compare.
template <class Tag, class Rep>
struct named_number {
  Rep value{};

  friend constexpr auto operator<=>(const named_number&, const named_number&) = default;
};

/// Number of effective events of an aggregate. 0: it has none; the first event makes version 1.
using version = named_number<struct version_tag, std::uint64_t>;

/// One totally ordered, durable log of a provider; counted from 0.
using partition_id = named_number<struct partition_tag, std::int32_t>;

/// Position of a record in its partition; counted from 0. -1: none.
using offset = named_number<struct offset_tag, std::int64_t>;

/// Fencing token of a partition's owner: the random id of its claim. 0: nobody claimed yet.
using term = named_number<struct term_tag, std::uint64_t>;

inline constexpr offset no_offset{-1};

/// Names one command for ever; the same id sent again is the same command.
struct command_id {
  std::array<std::uint8_t, 16> bytes{};

  friend constexpr auto operator<=>(const command_id&, const command_id&) = default;

  /// True for the id that no command has.
  constexpr bool is_nil() const noexcept {
    return *this == command_id{};
  }

  /// A UUID in its 36-character form is taken as it is (case does not matter); any other
  /// key becomes a version 5 UUID (RFC 9562) in cerk's own name space. Same key, same id,
  /// everywhere.
  static command_id from_key(std::string_view key);

  /// The id for the 36-character form of a UUID; nothing for anything else.
  static std::optional<command_id> parse(std::string_view uuid) noexcept;
};

/// The 36-character lower-case form.
std::string to_string(const command_id& id);

/// The id of the k-th event (from 1) of a command: `<command id>-<k>`.
std::string event_id(const command_id& id, std::uint32_t k);

/// The id of an event that was written without a command id: `<partition>:<offset>`.
std::string event_id(partition_id partition, offset position);

/// An aggregate id derived from a client's key, so that a repeated create meets its first try.
std::string aggregate_id_from_key(std::string_view key);

/// Longest aggregate id, in bytes.
inline constexpr std::size_t aggregate_id_bytes_max = 128;

/// Whether commands may use `id`: `[A-Za-z0-9._:-]{1,128}`. Logs written by others may hold
/// other ids; those are restored and can be read, not written.
bool is_valid_aggregate_id(std::string_view id) noexcept;

/// How aggregates are spread over the partitions of a store; the same for its whole life.
enum class partitioner : std::uint8_t {
  /// `crc32(id) % partition_count`: librdkafka's placement of keyed messages (property
  /// `partitioner`, value `consistent_random`), which the Go library uses.
  crc32,
  /// `(murmur2(id) & 0x7fffffff) % partition_count`: that of Java's clients.
  murmur2,
};

/// "crc32" or "murmur2".
std::string_view to_string(partitioner by) noexcept;
/// The inverse; nothing for any other text.
std::optional<partitioner> parse_partitioner(std::string_view text) noexcept;

/// Where an aggregate lives. Requires `partition_count > 0`.
partition_id partition_of(std::string_view aggregate_id, std::int32_t partition_count,
                          partitioner by = partitioner::crc32) noexcept;

} // namespace cerk

template <>
struct std::hash<cerk::command_id> {
  std::size_t operator()(const cerk::command_id& id) const noexcept {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      low = low << 8 | id.bytes[i];
      high = high << 8 | id.bytes[i + 8];
    }
    return low * 0x9E3779B97F4A7C15ULL ^ high;
  }
};
