/// New ids, in order of time.
#pragma once

#include "cerk/ids.hpp"
#include "cerk/options.hpp"

#include <chrono>

namespace cerk {

/// A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random ones.
inline command_id make_uuid_v7(const environment& env) {
  const auto ms = static_cast<std::uint64_t>(
    std::chrono::floor<std::chrono::milliseconds>(env.system_now().time_since_epoch()).count());
  const std::uint64_t high = ms << 16 | 0x7000 | (env.random() & 0x0fff);
  const std::uint64_t low = (env.random() >> 2) | 0x8000'0000'0000'0000ULL;
  command_id id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    id.bytes[i + 8] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return id;
}

} // namespace cerk
