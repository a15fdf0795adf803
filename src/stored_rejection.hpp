/// A rejection as the own fields of a record, and back: how a strict one is remembered everywhere.
#pragma once

#include "cerk/command.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace cerk {

/// The stored types of records without event.
inline constexpr std::string_view rejected_type = "cerk.rejected";
inline constexpr std::string_view noop_type = "cerk.noop";

/// `"conflict":false,"errors":"[{\"code\":...}]"`: flat, as every value cerk writes.
std::string rejection_fields(const rejected& refusal);

/// The rejection in a record's value, at its version; nothing if there is none to read.
std::optional<rejected> parse_rejection(std::string_view value, version actual);

} // namespace cerk
