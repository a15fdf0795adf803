// The parts of the JSON codecs that need no template: strings, numbers, paths, the envelope.
#include "cerk/detail/codec.hpp"

#include "cerk/aggregate.hpp"
#include "cerk/detail/table.hpp"

namespace cerk::detail {

std::string path::text() const {
  std::string before = parent != nullptr ? parent->text() : std::string{};
  if (parent == nullptr)
    return before;
  if (name.empty())
    return before + '[' + std::to_string(index) + ']';
  if (!before.empty())
    before += '.';
  return before.append(name);
}

void fail(const path& where, const std::string& text) {
  throw codec_error(where.text(), text);
}

void write_string(std::string& out, std::string_view text, const path& where) {
  if (!simdjson::validate_utf8(text.data(), text.size()))
    fail(where, "is not valid UTF-8");
  static constexpr char digits[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0; // everything before it is written
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
  }
  out.append(text, plain);
  out += '"';
}

void write_double(std::string& out, double value, const path& where) {
  if (!std::isfinite(value))
    fail(where, "JSON has no infinity and no NaN");
  char buffer[32];
  out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
}

std::string fields_of(const nlohmann::json& object) {
  if (!object.is_object())
    throw codec_error({}, "an event must be a JSON object");
  for (const auto& [name, value] : object.items())
    if (is_envelope_field(name))
      throw codec_error(name, "an event field must not be called like one of the envelope's");
  std::string text = object.dump();
  return text.substr(1, text.size() - 2);
}

event_source::event_source(ondemand::parser& parser, std::string_view text) : text_(text) {
  const path root{};
  const simdjson::padded_string_view padded{text.data(), text.size(),
                                            text.size() + simdjson::SIMDJSON_PADDING};
  document_ = take<ondemand::document>(parser.iterate(padded), root, "a JSON object");
  object_ = take<ondemand::object>(document_.get_object(), root, "a JSON object");
  cursor_ = {object_.begin(), object_.end()};
  // Stops behind `type`, which both cerk and the Go library write before the event's own fields;
  // an own field before it means reading the object a second time.
  while (cursor_.next != cursor_.end) {
    auto field = take<ondemand::field>(*cursor_.next, root, "a field");
    const auto name = take<std::string_view>(field.unescaped_key(), root, "a field name");
    if (name == "id") {
      id_ = take<std::string_view>(field.value().get_string(), path{&root, "id"}, "a string");
    } else if (name == "type") {
      type_ = take<std::string_view>(field.value().get_string(), path{&root, "type"}, "a string");
    } else if (!is_envelope_field(name)) {
      rewind_ = true;
    }
    ++cursor_.next;
    if (!type_.empty() && !id_.empty())
      return;
  }
}

object_cursor& event_source::fields() {
  if (rewind_) {
    object_.reset();
    cursor_ = {object_.begin(), object_.end()};
  }
  return cursor_;
}

} // namespace cerk::detail
