/// What every hand-written fold needs: padded text for simdjson, and a map that is asked without
/// making a key.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <simdjson.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace bench {

namespace ondemand = simdjson::ondemand;

struct id_hash {
  using is_transparent = void;
  using is_avalanching = void; // boost need not mix the bits again

  std::size_t operator()(std::string_view id) const noexcept {
    return XXH3_64bits(id.data(), id.size());
  }
};

/// States by aggregate id.
template <class T>
using id_map = boost::unordered_flat_map<std::string, T, id_hash, std::equal_to<>>;

template <class T>
T& find_or_add(id_map<T>& in, std::string_view id) {
  const auto found = in.find(id);
  return found != in.end() ? found->second : in.try_emplace(std::string{id}).first->second;
}

/// Reads one JSON object after the other, each up to the next call. Throws `simdjson_error`.
class json_reader {
public:
  ondemand::object read(std::string_view text) {
    if (text.size() + simdjson::SIMDJSON_PADDING > capacity_) {
      capacity_ = 2 * text.size() + simdjson::SIMDJSON_PADDING;
      padded_ = std::make_unique<char[]>(capacity_);
    }
    std::ranges::copy(text, padded_.get());
    document_ = parser_.iterate(padded_.get(), text.size(), capacity_);
    return document_.get_object();
  }

private:
  ondemand::parser parser_;
  ondemand::document document_;
  std::unique_ptr<char[]> padded_;
  std::size_t capacity_ = 0;
};

inline std::string_view string_of(simdjson::simdjson_result<ondemand::value> value) {
  return value.get_string();
}

/// One aggregate's part of the state hash, see docs/record_format.md.
inline std::uint64_t hash_of(std::string_view id, std::string_view type, std::uint64_t version,
                             std::string_view state) {
  const auto of_id = XXH3_64bits_withSeed(id.data(), id.size(), version);
  const auto of_type = XXH3_64bits_withSeed(type.data(), type.size(), of_id);
  return XXH3_64bits_withSeed(state.data(), state.size(), of_type);
}

} // namespace bench
