// Packing and unpacking of what a record carries besides its JSON.
#include "cerk/record.hpp"

#include <nlohmann/json.hpp>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <limits>
#include <mutex>
#include <new>
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cerk {

namespace {

constexpr char header_format = 1;
constexpr std::size_t sealed_bytes = record_header_bytes - 8;
constexpr std::size_t huge_page_bytes = 2 << 20;

// Little endian, whatever the machine: the log outlives it.
template <class Int>
void put(char* at, Int value) noexcept {
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    at[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <class Int>
Int get(const char* at) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return static_cast<Int>(value);
}

std::uint64_t seal(const char* header, std::string_view key, std::string_view value) noexcept {
  const std::uint64_t of_header = XXH3_64bits(header, sealed_bytes);
  const std::uint64_t of_key = XXH3_64bits_withSeed(key.data(), key.size(), of_header);
  return XXH3_64bits_withSeed(value.data(), value.size(), of_key);
}

} // namespace

std::array<char, record_header_bytes> pack(const record_header& h, std::string_view key,
                                           std::string_view value) noexcept {
  std::array<char, record_header_bytes> packed{};
  packed[0] = header_format;
  packed[1] = static_cast<char>(h.kind);
  put(&packed[2], h.k);
  put(&packed[4], h.n);
  put(&packed[8], h.term.value);
  put(&packed[16], h.number);
  put(&packed[24], h.version.value);
  std::copy(h.command_id.bytes.begin(), h.command_id.bytes.end(), packed.begin() + 32);
  put(&packed[48], h.digest);
  put(&packed[56], seal(packed.data(), key, value));
  return packed;
}

std::optional<record_header> unpack(std::string_view packed) noexcept {
  if (packed.size() != record_header_bytes || packed[0] != header_format)
    return std::nullopt;
  record_header h;
  h.kind = static_cast<record_kind>(packed[1]);
  h.k = get<std::uint16_t>(&packed[2]);
  h.n = get<std::uint16_t>(&packed[4]);
  h.term.value = get<std::uint64_t>(&packed[8]);
  h.number = get<std::uint64_t>(&packed[16]);
  h.version.value = get<std::uint64_t>(&packed[24]);
  std::copy_n(packed.begin() + 32, 16, reinterpret_cast<char*>(h.command_id.bytes.data()));
  h.digest = get<std::uint64_t>(&packed[48]);
  const bool known_kind = h.kind >= record_kind::event && h.kind <= record_kind::noop;
  const bool reserved_is_zero = get<std::uint16_t>(&packed[6]) == 0;
  if (!known_kind || !reserved_is_zero || h.k < 1 || h.k > h.n || h.term.value == 0
      || h.number == 0)
    return std::nullopt;
  return h;
}

bool is_sealed(std::string_view packed, std::string_view key, std::string_view value) noexcept {
  return packed.size() == record_header_bytes
         && get<std::uint64_t>(&packed[56]) == seal(packed.data(), key, value);
}

std::string to_rfc3339(std::int64_t time_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{time_ms}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()),
                static_cast<int>(clock.subseconds().count()));
  return text;
}

std::string claim_value(const claim& c, std::int64_t time_ms) {
  // Ids are text: many JSON readers round integers above 2^53.
  return nlohmann::ordered_json{{"id", std::to_string(c.id.value)},
                                {"type", claim_type},
                                {"create_time", to_rfc3339(time_ms)},
                                {"version", 0},
                                {"replaces", std::to_string(c.replaces.value)},
                                {"owner", c.owner},
                                {"partition_count", c.partition_count},
                                {"partitioner", c.partitioner},
                                {"format", c.format}}
    .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

namespace {

std::optional<std::uint64_t> to_number(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string())
    return std::nullopt;
  const auto& text = found->get_ref<const std::string&>();
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

} // namespace

std::optional<claim> parse_claim(std::string_view value) {
  const auto object = nlohmann::json::parse(value, nullptr, false);
  if (!object.is_object())
    return std::nullopt;
  const auto type = object.find("type");
  if (type == object.end() || !type->is_string() || *type != claim_type)
    return std::nullopt;
  const auto id = to_number(object, "id");
  const auto replaces = to_number(object, "replaces");
  if (!id || *id == 0 || !replaces)
    return std::nullopt;
  claim c{.id = {*id}, .replaces = {*replaces}};
  auto text = [&](const char* name, std::string& to) {
    if (auto found = object.find(name); found != object.end() && found->is_string())
      to = found->get<std::string>();
  };
  auto number = [&](const char* name, auto& to) {
    using number_type = std::remove_reference_t<decltype(to)>;
    if (auto found = object.find(name); found != object.end() && found->is_number_integer())
      to = found->get<number_type>();
  };
  text("owner", c.owner);
  text("partitioner", c.partitioner);
  number("partition_count", c.partition_count);
  number("format", c.format);
  return c;
}

record to_record(const record_view& view) {
  record copy{.offset = view.offset, .timestamp_ms = view.timestamp_ms};
  if (view.has_key)
    copy.key.emplace(view.key());
  if (view.has_value)
    copy.value.emplace(view.value());
  copy.header = view.header_bytes();
  copy.headers = unpack_headers(view.headers());
  return copy;
}

std::string pack_headers(std::span<const std::pair<std::string, std::string>> headers) {
  std::string packed;
  for (const auto& [name, value] : headers) {
    char sizes[8];
    put(sizes, static_cast<std::uint32_t>(name.size()));
    put(sizes + 4, static_cast<std::uint32_t>(value.size()));
    packed.append(sizes, sizeof sizes).append(name).append(value);
  }
  return packed;
}

std::vector<std::pair<std::string, std::string>> unpack_headers(std::string_view packed) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (packed.size() >= 8) {
    const std::size_t name_size = get<std::uint32_t>(packed.data());
    const std::size_t value_size = get<std::uint32_t>(packed.data() + 4);
    packed.remove_prefix(8);
    if (packed.size() < name_size + value_size)
      break;
    headers.emplace_back(packed.substr(0, name_size), packed.substr(name_size, value_size));
    packed.remove_prefix(name_size + value_size);
  }
  return headers;
}

std::uint64_t hash_of_key(std::string_view key) noexcept {
  return XXH3_64bits(key.data(), key.size());
}

void record_batch::give_back::operator()(char* bytes) const noexcept {
  std::free(bytes);
}

class batch_pool {
public:
  // All the room it will need: giving back must not fail.
  batch_pool() {
    blocks_.reserve(blocks_max);
    indices_.reserve(indices_max);
  }

  std::optional<record_batch::block> take_block(std::size_t size_min) {
    const std::lock_guard lock{mutex_};
    if (blocks_.empty() || blocks_.back().size < size_min)
      return std::nullopt;
    auto reused = std::move(blocks_.back());
    blocks_.pop_back();
    reused.used = 0;
    return reused;
  }

  std::vector<record_view> take_index() {
    const std::lock_guard lock{mutex_};
    if (indices_.empty())
      return {};
    auto reused = std::move(indices_.back());
    indices_.pop_back();
    return reused;
  }

  void give(std::vector<record_batch::block>& blocks, std::vector<record_view>& index) noexcept {
    const std::lock_guard lock{mutex_};
    for (auto& block : blocks)
      // Those of unusual size are not what the next batch needs.
      if (block.size + record_view::padding_bytes == huge_page_bytes && blocks_.size() < blocks_max)
        blocks_.push_back(std::move(block));
    if (indices_.size() == indices_max || index.capacity() > index_records_max)
      return;
    index.clear();
    indices_.push_back(std::move(index));
  }

private:
  static constexpr std::size_t blocks_max = 24;
  static constexpr std::size_t indices_max = 16;
  static constexpr std::size_t index_records_max = 8'192;

  std::mutex mutex_;
  std::vector<record_batch::block> blocks_;
  std::vector<std::vector<record_view>> indices_;
};

std::shared_ptr<batch_pool> make_batch_pool() {
  return std::make_shared<batch_pool>();
}

record_batch::record_batch(std::size_t bytes_expected, std::shared_ptr<batch_pool> pool)
  : bytes_expected_(bytes_expected), pool_(std::move(pool)) {
  if (pool_)
    records_ = pool_->take_index();
}

record_batch::block record_batch::make_block(std::size_t size_min, bool is_large) {
  constexpr std::size_t small_block_bytes = 64 << 10;
  const std::size_t unit = is_large ? huge_page_bytes : small_block_bytes;
  const std::size_t whole = (size_min + record_view::padding_bytes + unit - 1) / unit * unit;
  block fresh;
  fresh.bytes.reset(static_cast<char*>(std::aligned_alloc(is_large ? huge_page_bytes : 64, whole)));
  fresh.size = whole - record_view::padding_bytes;
  if (!fresh.bytes)
    throw std::bad_alloc{};
  if (is_large)
    // Only a wish: without it a window's records lie on more pages than the processor remembers.
    madvise(fresh.bytes.get(), whole, MADV_HUGEPAGE);
  // The padding behind the block is read by vectorised parsers, so it must be there.
  std::memset(fresh.bytes.get() + fresh.size, 0, record_view::padding_bytes);
  return fresh;
}

void record_batch::add_block(std::size_t size_min) {
  const bool is_large = bytes_expected_ >= huge_page_bytes / 2;
  auto reused = is_large && pool_ ? pool_->take_block(size_min) : std::nullopt;
  blocks_.push_back(reused ? *std::move(reused) : make_block(size_min, is_large));
  block_bytes_ += blocks_.back().size + record_view::padding_bytes;
}

record_batch::~record_batch() {
  if (pool_)
    pool_->give(blocks_, records_);
  // If there is no memory to tell, the budget would stay taken and the restore would wait for ever:
  // better to end here.
  if (released_)
    released_();
}

void record_batch::add(cerk::offset at_offset, std::int64_t timestamp_ms,
                       std::optional<std::string_view> key, std::optional<std::string_view> value,
                       std::string_view header, std::string_view packed_headers) {
  const auto key_bytes = key ? key->substr(0, std::numeric_limits<std::uint16_t>::max())
                             : std::string_view{};
  const auto value_bytes = value.value_or(std::string_view{});
  // A header above 64 KiB is no header of ours: one byte of it is enough to be refused as such.
  if (header.size() > std::numeric_limits<std::uint16_t>::max())
    header = header.substr(0, 1);
  const std::size_t size
    = value_bytes.size() + header.size() + key_bytes.size() + packed_headers.size();
  if (blocks_.empty() || blocks_.back().size - blocks_.back().used < size)
    add_block(size);
  auto& last = blocks_.back();
  char* const begin = last.bytes.get() + last.used;
  char* at = begin;
  for (std::string_view part : {value_bytes, header, key_bytes, packed_headers})
    at = std::copy(part.begin(), part.end(), at);
  last.used += size;
  auto& view = records_.emplace_back(record_view{
    .offset = at_offset,
    .timestamp_ms = timestamp_ms,
    .bytes = begin,
    .value_size = static_cast<std::uint32_t>(value_bytes.size()),
    .headers_size = static_cast<std::uint32_t>(packed_headers.size()),
    .header_size = static_cast<std::uint16_t>(header.size()),
    .key_size = static_cast<std::uint16_t>(key_bytes.size()),
    .has_key = key.has_value(),
    .has_value = value.has_value(),
    .key_hash = hash_of_key(key_bytes),
  });
  if (header.empty())
    return;
  view.header_is = header_state::unreadable;
  if (const auto read = unpack(header)) {
    view.header = *read;
    view.header_is = is_sealed(header, key_bytes, value_bytes) ? header_state::sealed
                                                               : header_state::broken;
  }
}

} // namespace cerk
