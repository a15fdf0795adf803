// Lines of JSON to records and back.
#include "ndjson_record.hpp"

#include "cerk/detail/codec.hpp"

#include "base64.hpp"

#include <limits>
#include <utility>

namespace cerk::cli {

namespace {

namespace dom = simdjson::dom;

// Longer ones would be cut when the log is read.
constexpr std::size_t key_bytes_max = std::numeric_limits<std::uint16_t>::max();

constexpr std::string_view members[]
  = {"partition", "offset", "timestamp", "key", "key_base64", "value", "value_base64", "headers"};

error bad(std::string what) {
  return {errc::bad_input, std::move(what)};
}

std::string quoted(std::string_view name) {
  std::string text;
  detail::write_string(text, name.substr(0, 64), detail::path{});
  return text;
}

// Reads one line; the first thing that is wrong stays in `wrong`.
class line_reader {
public:
  result<record_line> read(dom::object line) {
    for (const auto member : line)
      if (!take(member.key, member.value))
        return bad(std::move(wrong_));
    if (!has("value") && !has("value_base64"))
      return bad("member \"value\" is missing");
    const bool is_claim = read_.stored.value && parse_claim(*read_.stored.value);
    if (!has("key") && !has("key_base64") && !is_claim)
      return bad("member \"key\" is missing; only a claim may leave it out");
    return std::move(read_);
  }

private:
  static std::size_t index_of(std::string_view name) {
    std::size_t i = 0;
    while (i < std::size(members) && members[i] != name)
      ++i;
    return i;
  }

  bool has(std::string_view name) const {
    return (seen_ >> index_of(name) & 1) != 0;
  }

  bool fail(std::string what) {
    wrong_ = std::move(what);
    return false;
  }

  bool take(std::string_view name, dom::element value) {
    const auto index = index_of(name);
    if (index == std::size(members))
      return fail("member " + quoted(name) + " is unknown");
    if (has(name))
      return fail("member " + quoted(name) + " is there twice");
    seen_ |= 1u << index;
    if (has("key") && has("key_base64"))
      return fail("both \"key\" and \"key_base64\"");
    if (has("value") && has("value_base64"))
      return fail("both \"value\" and \"value_base64\"");
    if (name == "partition")
      return take_number(name, value, 0, std::numeric_limits<std::int32_t>::max(), read_.partition);
    if (name == "offset")
      return take_number(name, value, 0, std::numeric_limits<std::int64_t>::max() - 1,
                         read_.offset);
    if (name == "timestamp") // -1: Kafka's "none"
      return take_number(name, value, -1, std::numeric_limits<std::int64_t>::max(),
                         read_.timestamp_ms);
    if (name == "headers")
      return take_headers(value);
    if (name == "key" || name == "key_base64")
      return take_bytes(name, value, read_.stored.key)
             && (!read_.stored.key || read_.stored.key->size() <= key_bytes_max
                 || fail("the key has more than " + std::to_string(key_bytes_max) + " bytes"));
    return take_bytes(name, value, read_.stored.value);
  }

  template <class Int>
  bool take_number(std::string_view name, dom::element value, std::int64_t least, std::int64_t most,
                   std::optional<Int>& to) {
    std::int64_t number = 0;
    if (!value.is_int64() || value.get(number) != simdjson::SUCCESS || number < least
        || number > most)
      return fail("member " + quoted(name) + " is not an integer from " + std::to_string(least)
                  + " to " + std::to_string(most));
    to = static_cast<Int>(number);
    return true;
  }

  bool take_bytes(std::string_view name, dom::element value, std::optional<std::string>& to) {
    const bool is_base64 = name.ends_with("_base64");
    std::string_view text;
    if (value.is_null() && !is_base64)
      return true;
    if (value.get(text) != simdjson::SUCCESS)
      return fail("member " + quoted(name) + " is not a string" + (is_base64 ? "" : " or null"));
    if (!is_base64) {
      to.emplace(text);
      return true;
    }
    to = from_base64(text);
    return to || fail("member " + quoted(name) + " is not base64");
  }

  bool take_headers(dom::element value) {
    dom::array list;
    if (value.get(list) != simdjson::SUCCESS)
      return fail("member \"headers\" is not an array");
    for (const auto entry : list) {
      dom::array pair;
      std::string_view name;
      std::string_view text;
      if (entry.get(pair) != simdjson::SUCCESS || pair.size() != 2
          || pair.at(0).get(name) != simdjson::SUCCESS || pair.at(1).get(text) != simdjson::SUCCESS)
        return fail("a header is not an array of its name and its value in base64");
      auto bytes = from_base64(text);
      if (!bytes)
        return fail("the value of header " + quoted(name) + " is not base64");
      if (!take_header(name, *std::move(bytes)))
        return false;
    }
    return true;
  }

  bool take_header(std::string_view name, std::string bytes) {
    if (name != record_header_name) {
      read_.stored.headers.emplace_back(name, std::move(bytes));
      return true;
    }
    if (!read_.stored.header.empty())
      return fail("header \"cerk\" is there twice");
    if (bytes.empty())
      return fail("header \"cerk\" is empty");
    read_.stored.header = std::move(bytes);
    return true;
  }

  record_line read_;
  unsigned seen_ = 0;
  std::string wrong_;
};

void write_header(std::string& out, std::string_view name, std::string_view bytes) {
  out += '[';
  detail::write_string(out, name, detail::path{});
  out += ",\"";
  append_base64(out, bytes);
  out += "\"]";
}

} // namespace

void write_bytes(std::string& out, std::string_view name, std::optional<std::string_view> bytes) {
  out.append("\"").append(name);
  if (!bytes) {
    out += "\":null";
  } else if (simdjson::validate_utf8(bytes->data(), bytes->size())) {
    out += "\":";
    detail::write_string(out, *bytes, detail::path{});
  } else {
    out += "_base64\":\"";
    append_base64(out, *bytes);
    out += '"';
  }
}

void write_line(std::string& out, partition_id partition, const record_view& stored) {
  out += "{\"partition\":";
  detail::write_integer(out, partition.value);
  out += ",\"offset\":";
  detail::write_integer(out, stored.offset.value);
  out += ",\"timestamp\":";
  detail::write_integer(out, stored.timestamp_ms);
  out += ',';
  write_bytes(out, "key", stored.has_key ? std::optional{stored.key()} : std::nullopt);
  out += ',';
  write_bytes(out, "value", stored.has_value ? std::optional{stored.value()} : std::nullopt);
  if (stored.header_size != 0 || stored.headers_size != 0) {
    out += ",\"headers\":[";
    if (stored.header_size != 0)
      write_header(out, record_header_name, stored.header_bytes());
    bool first = stored.header_size == 0;
    for (const auto& [name, bytes] : unpack_headers(stored.headers())) {
      if (!std::exchange(first, false))
        out += ',';
      write_header(out, name, bytes);
    }
    out += ']';
  }
  out += "}\n";
}

result<record_line> read_line(simdjson::dom::parser& parser, std::string_view line) {
  dom::object object;
  if (const auto failed = parser.parse(line.data(), line.size()).get(object);
      failed == simdjson::INCORRECT_TYPE)
    return bad("the line is not a JSON object");
  else if (failed != simdjson::SUCCESS)
    return bad(std::string{"the line is not JSON: "} + simdjson::error_message(failed));
  return line_reader{}.read(object);
}

} // namespace cerk::cli
