/// A record as the log holds it: bytes, and cerk's packed header. Specified in
/// docs/record_format.md.
#pragma once

#include "cerk/ids.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cerk {

/// What a record with a cerk header is for.
enum class record_kind : std::uint8_t {
  /// A domain event.
  event = 1,
  /// The remembered answer to a command that made no event.
  outcome = 2,
  /// Nothing but its number: shows that its writer still owned the partition.
  noop = 3,
};

/// The packed header of a record written by cerk.
struct record_header {
  record_kind kind = record_kind::event;
  /// Event `k` (from 1) of the `n` events of one command.
  std::uint16_t k = 1;
  std::uint16_t n = 1;
  cerk::term term;
  /// The place among the records of its term; counted from 1, without gaps.
  std::uint64_t number = 0;
  /// The aggregate's version after this event.
  cerk::version version;
  cerk::command_id command_id;
  /// Of the command's name and payload: tells a retry from another command under the same id.
  std::uint64_t digest = 0;

  friend bool operator==(const record_header&, const record_header&) = default;
};

inline constexpr std::size_t record_header_bytes = 64;

/// The name of the Kafka header that carries the packed header.
inline constexpr std::string_view record_header_name = "cerk";

/// Packs `h`. Its last 8 bytes seal the header together with `key` and `value`.
std::array<char, record_header_bytes> pack(const record_header& h, std::string_view key,
                                           std::string_view value) noexcept;

/// The fields of a packed header; nothing if length, format or ranges are not those of one. Takes
/// any bytes. Says nothing about damage: that is `is_sealed`.
std::optional<record_header> unpack(std::string_view packed) noexcept;

/// Whether header, key and value are as they were when they were packed.
bool is_sealed(std::string_view packed, std::string_view key, std::string_view value) noexcept;

/// A claim: the compare-and-set by which a writer becomes a partition's owner.
struct claim {
  /// Fresh and random; becomes the term if the claim is in effect.
  term id;
  /// The term it replaces; it is in effect only if that one still holds. 0: none.
  term replaces;
  /// For people: who claimed.
  std::string owner;
  std::int32_t partition_count = 1;
  std::string partitioner = "crc32";
  int format = 1;

  friend bool operator==(const claim&, const claim&) = default;
};

/// The stored `type` of claims.
inline constexpr std::string_view claim_type = "cerk.claim";

/// The JSON text of a claim; `create_time` as in events.
std::string claim_value(const claim& c, std::int64_t time_ms);

/// The claim in a record without key; nothing if it is none.
std::optional<claim> parse_claim(std::string_view value);

/// Milliseconds since 1970 as RFC 3339 in UTC: "2026-11-23T05:51:48.123Z".
std::string to_rfc3339(std::int64_t time_ms);

/// A record that owns its bytes. A missing key or value (Kafka's null) is not an empty one.
struct record {
  cerk::offset offset = no_offset;
  std::int64_t timestamp_ms = 0;
  std::optional<std::string> key;
  std::optional<std::string> value;
  /// The packed header's bytes; empty: none.
  std::string header;
  /// Other headers, in order: correlation id, trace context, metadata.
  std::vector<std::pair<std::string, std::string>> headers;
};

/// A hash for directories of keys; the same in every process.
std::uint64_t hash_of_key(std::string_view key) noexcept;

/// What a record's packed header turned out to be.
enum class header_state : std::uint8_t {
  /// It has none.
  none,
  /// Not one that this version of cerk reads.
  unreadable,
  /// Header, key or value are not as they were when it was packed.
  broken,
  /// Readable and sealed.
  sealed,
};

/// A record inside a batch; its bytes belong to the batch. What every reader asks first, header,
/// seal and hash, is worked out while the record is copied: later its bytes would have to be
/// fetched again (docs/decisions/0007-dealt-restore.md).
struct record_view {
  cerk::offset offset = no_offset;
  std::int64_t timestamp_ms = 0;
  const char* bytes = nullptr;
  std::uint32_t value_size = 0;
  std::uint32_t headers_size = 0;
  std::uint16_t header_size = 0;
  std::uint16_t key_size = 0;
  bool has_key = false;
  bool has_value = false;
  header_state header_is = header_state::none;
  /// Of the key.
  std::uint64_t key_hash = 0;
  /// The packed header's fields; defaults if there are none to read.
  record_header header;

  /// Whether `header` was read.
  bool has_header() const noexcept {
    return header_is == header_state::broken || header_is == header_state::sealed;
  }

  /// Readable for `padding_bytes` past its end, as vectorised parsers need it.
  std::string_view value() const noexcept {
    return {bytes, value_size};
  }

  /// The packed header, whatever it is.
  std::string_view header_bytes() const noexcept {
    return {bytes + value_size, header_size};
  }

  std::string_view key() const noexcept {
    return {bytes + value_size + header_size, key_size};
  }

  /// Other headers, packed by `pack_headers`.
  std::string_view headers() const noexcept {
    return {bytes + value_size + header_size + key_size, headers_size};
  }

  static constexpr std::size_t padding_bytes = 64;
};

/// Copies what a view shows.
record to_record(const record_view& view);

/// Other headers in one string: for each pair both lengths (32 bits, little endian) and both texts.
std::string pack_headers(std::span<const std::pair<std::string, std::string>> headers);
/// The inverse; bytes that do not fit are left out.
std::vector<std::pair<std::string, std::string>> unpack_headers(std::string_view packed);

/// Memory that batches gave back, for the next ones of the same readers: fresh memory costs more
/// than filling it. Keeps 64 MiB at most, until its readers and the last batch are gone.
/// Thread-safe.
class batch_pool;

std::shared_ptr<batch_pool> make_batch_pool();

/// Records of one partition in offset order, their bytes in a few large blocks.
/// Written by one thread, then shared and read only.
class record_batch {
public:
  /// `bytes_expected` is a hint: a batch of megabytes is laid out in huge pages, where the system
  /// has them (docs/decisions/0007-dealt-restore.md). Without a pool its memory is its own.
  explicit record_batch(std::size_t bytes_expected = 0, std::shared_ptr<batch_pool> pool = nullptr);
  record_batch(const record_batch&) = delete;
  record_batch& operator=(const record_batch&) = delete;
  ~record_batch();

  /// Appends a copy. Keys above 65,535 bytes are cut: no aggregate has such an id.
  void add(cerk::offset at_offset, std::int64_t timestamp_ms, std::optional<std::string_view> key,
           std::optional<std::string_view> value, std::string_view header,
           std::string_view packed_headers);

  const std::vector<record_view>& records() const noexcept {
    return records_;
  }

  /// Bytes held, the index included.
  std::size_t bytes() const noexcept {
    return block_bytes_ + records_.capacity() * sizeof(record_view);
  }

  /// Called once, when nobody reads the batch any more, by whoever was last.
  void on_release(std::function<void()> released) {
    released_ = std::move(released);
  }

private:
  friend class batch_pool;

  struct give_back {
    void operator()(char* bytes) const noexcept;
  };

  struct block {
    std::unique_ptr<char, give_back> bytes;
    std::size_t size = 0; // without the padding behind it
    std::size_t used = 0;
  };

  static block make_block(std::size_t size_min, bool is_large);
  void add_block(std::size_t size_min);

  std::size_t bytes_expected_ = 0;
  std::shared_ptr<batch_pool> pool_;
  std::vector<block> blocks_;
  std::vector<record_view> records_;
  std::size_t block_bytes_ = 0;
  std::function<void()> released_;
};

} // namespace cerk
