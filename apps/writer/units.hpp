/// Numbers with units as people write them in settings: "500ms", "10s", "256MiB".
#pragma once

#include <cerk/error.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace writer {

/// A whole number with `ms`, `s`, `m` or `h` behind it. Errors: `bad_input`.
cerk::result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// A whole number with `B`, `KiB`, `MiB` or `GiB` behind it. Errors: `bad_input`.
cerk::result<std::size_t> parse_bytes(std::string_view text);

/// Digits alone. Errors: `bad_input`.
cerk::result<std::size_t> parse_count(std::string_view text);

} // namespace writer
