// Names and numbers of the log: UUIDs from keys, event ids, and the placement of aggregates.
#include "cerk/ids.hpp"

#include <boost/crc.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>

#include <algorithm>
#include <cctype>

namespace cerk {

namespace {

// Random, made once for cerk; changing them changes the meaning of every stored key.
constexpr boost::uuids::uuid command_name_space{
  {0x0d, 0x5c, 0x93, 0x6a, 0x41, 0x7e, 0x4b, 0x0c, 0x9a, 0x27, 0x3f, 0x66, 0xd8, 0x15, 0xe2, 0xb4}};
constexpr boost::uuids::uuid aggregate_name_space{
  {0x6b, 0xf0, 0x2e, 0x1d, 0xc8, 0x53, 0x44, 0xa9, 0xb6, 0x0e, 0x72, 0x9c, 0x31, 0xa4, 0x8f, 0x57}};

command_id name_based(const boost::uuids::uuid& name_space, std::string_view key) {
  const auto made = boost::uuids::name_generator_sha1{name_space}(key.data(), key.size());
  command_id id;
  std::copy(made.begin(), made.end(), id.bytes.begin());
  return id;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

std::optional<command_id> command_id::parse(std::string_view uuid) noexcept {
  if (uuid.size() != 36)
    return std::nullopt;
  command_id id;
  std::size_t at = 0;
  for (std::size_t i = 0; i < uuid.size();) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (uuid[i++] != '-')
        return std::nullopt;
      continue;
    }
    const int high = hex_digit(uuid[i]);
    const int low = hex_digit(uuid[i + 1]);
    if (high < 0 || low < 0)
      return std::nullopt;
    id.bytes[at++] = static_cast<std::uint8_t>(high << 4 | low);
    i += 2;
  }
  return id;
}

command_id command_id::from_key(std::string_view key) {
  // The nil UUID means "no command id" in the log, so as a key it is hashed like any other text.
  if (auto id = parse(key); id && !id->is_nil())
    return *id;
  return name_based(command_name_space, key);
}

std::string to_string(const command_id& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      text += '-';
    text += digits[id.bytes[i] >> 4];
    text += digits[id.bytes[i] & 15];
  }
  return text;
}

std::string event_id(const command_id& id, std::uint32_t k) {
  return to_string(id) + '-' + std::to_string(k);
}

std::string event_id(partition_id partition, offset position) {
  return std::to_string(partition.value) + ':' + std::to_string(position.value);
}

std::string aggregate_id_from_key(std::string_view key) {
  return to_string(name_based(aggregate_name_space, key));
}

bool is_valid_aggregate_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= aggregate_id_bytes_max
         && std::all_of(id.begin(), id.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                     || c == '.' || c == '_' || c == ':' || c == '-';
            });
}

// -- placement ------------------------------------------------------------------------------------

std::string_view to_string(partitioner by) noexcept {
  return by == partitioner::crc32 ? "crc32" : "murmur2";
}

std::optional<partitioner> parse_partitioner(std::string_view text) noexcept {
  for (const auto by : {partitioner::crc32, partitioner::murmur2})
    if (text == to_string(by))
      return by;
  return std::nullopt;
}

namespace {

std::uint32_t crc32_of(std::string_view bytes) noexcept {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

// The variant of Kafka's Java client (org.apache.kafka.common.utils.Utils).
std::uint32_t murmur2_of(std::string_view bytes) noexcept {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  const auto byte
    = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
  std::uint32_t h = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t k = byte(i) | (byte(i + 1) << 8) | (byte(i + 2) << 16) | (byte(i + 3) << 24);
    k *= m;
    k ^= k >> 24;
    h = (h * m) ^ (k * m);
  }
  if (i < bytes.size()) {
    for (std::size_t rest = bytes.size() - i; rest > 0; --rest)
      h ^= byte(i + rest - 1) << (8 * (rest - 1));
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  return h ^ (h >> 15);
}

} // namespace

partition_id partition_of(std::string_view aggregate_id, std::int32_t partition_count,
                          partitioner by) noexcept {
  const auto hash = by == partitioner::crc32 ? crc32_of(aggregate_id)
                                             : murmur2_of(aggregate_id) & 0x7fffffff;
  return {static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(partition_count))};
}

} // namespace cerk
