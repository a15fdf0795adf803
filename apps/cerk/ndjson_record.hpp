/// One record of a log as one line of JSON, and back, byte for byte.
///
///     {"partition":0,"offset":7,"timestamp":1795413108799,"key":"ada","value":"{...}",
///      "headers":[["cerk","AQEB..."],["correlation_id","YWJj"]]}
///
/// `key` and `value` are the stored text, or null where the record has none; `key_base64` and
/// `value_base64` take their place where the bytes are not UTF-8. Headers keep their order; their
/// values are base64, and "cerk" is the packed header. A reader needs only `value` and, for events,
/// `key`.
#pragma once

#include "cerk/error.hpp"
#include "cerk/record.hpp"

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cerk::cli {

/// Longest line that is read, in bytes.
inline constexpr std::size_t line_bytes_max = 16 << 20;

/// A line that was read: what it says of the record, and of its place if it says so.
struct record_line {
  std::optional<std::int32_t> partition;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> timestamp_ms;
  /// Without offset and time.
  record stored;
};

/// Appends the line for `stored`, with its line feed.
void write_line(std::string& out, partition_id partition, const record_view& stored);

/// Reads a line. Errors: `bad_input` with what is wrong: malformed JSON, invalid UTF-8, a member
/// that is unknown, missing, mistyped, out of range or there twice, bad base64.
result<record_line> read_line(simdjson::dom::parser& parser, std::string_view line);

/// Appends `"name":"text"`, or `"name_base64":"..."` where `bytes` is not UTF-8, or `"name":null`.
void write_bytes(std::string& out, std::string_view name, std::optional<std::string_view> bytes);

} // namespace cerk::cli
