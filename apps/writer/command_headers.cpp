// Content-Length, Content-Type, If-Match, Idempotency-Key and trace context of a command.
#include "command_headers.hpp"

#include "framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace writer {

namespace {

constexpr std::size_t key_characters_max = 255;

/// Passed on to the events' headers, under this name.
struct passed_header {
  std::string_view field;
  std::string_view stored;
  std::size_t characters_max;
};

constexpr std::string_view correlation = "correlation_id";
constexpr std::array passed_headers{passed_header{"X-Correlation-Id", correlation, 255},
                                    passed_header{"X-Causation-Id", "causation_id", 255},
                                    passed_header{"traceparent", "traceparent", 255},
                                    passed_header{"tracestate", "tracestate", 512}};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_json(std::string_view media_type) {
  auto semicolon = media_type.find(';');
  if (!equal_ignoring_case(trimmed(media_type.substr(0, semicolon)), "application/json"))
    return false;
  while (semicolon != std::string_view::npos) {
    media_type.remove_prefix(semicolon + 1);
    semicolon = media_type.find(';');
    const auto parameter = trimmed(media_type.substr(0, semicolon));
    const auto equals = parameter.find('=');
    if (!equal_ignoring_case(parameter.substr(0, equals), "charset"))
      continue;
    auto charset
      = parameter.substr(equals == std::string_view::npos ? parameter.size() : equals + 1);
    if (charset.size() >= 2 && charset.starts_with('"') && charset.ends_with('"'))
      charset = charset.substr(1, charset.size() - 2);
    if (!equal_ignoring_case(charset, "utf-8"))
      return false;
  }
  return true;
}

std::optional<reply> unfit_body(const request_head& head) {
  if (!announces_body(head))
    return closing_problem(411, "a command needs a body with a Content-Length or chunked");
  const auto types = head.values_of("Content-Type");
  if (types.size() > 1 || (!types.empty() && !is_json(types[0])))
    return problem(415, "a command is application/json in UTF-8");
  for (const auto coding : head.values_of("Content-Encoding"))
    if (!equal_ignoring_case(coding, "identity"))
      return problem(415, "a command has no Content-Encoding");
  return std::nullopt;
}

std::optional<cerk::version> version_tag(std::string_view tag) {
  if (tag.size() < 3 || !tag.starts_with('"') || !tag.ends_with('"'))
    return std::nullopt;
  const auto digits = tag.substr(1, tag.size() - 2);
  cerk::version parsed;
  const auto [end, failure]
    = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.value);
  const bool is_number = failure == std::errc{} && end == digits.data() + digits.size()
                         && (digits.size() == 1 || digits[0] != '0')
                         && parsed.value <= std::numeric_limits<std::int64_t>::max();
  return is_number ? std::optional{parsed} : std::nullopt;
}

bool is_printable(std::string_view text, std::size_t characters_max) {
  return !text.empty() && text.size() <= characters_max
         && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// The one value of a field; nothing without the field.
or_reply<std::optional<std::string>> one_value(const request_head& head, std::string_view field,
                                               std::size_t characters_max) {
  const auto values = head.values_of(field);
  if (values.empty())
    return std::optional<std::string>{};
  if (values.size() > 1)
    return problem(400, std::string{field} + " is given more than once");
  if (!is_printable(values[0], characters_max))
    return problem(400, std::string{field} + " is not 1 to " + std::to_string(characters_max)
                          + " printable ASCII characters");
  return std::optional{std::string{values[0]}};
}

} // namespace

or_reply<cerk::send_options> read_command_headers(const request_head& head) {
  if (auto unfit = unfit_body(head))
    return *std::move(unfit);
  cerk::send_options options;
  const auto tags = head.values_of("If-Match");
  if (!tags.empty()) {
    options.expected_version = tags.size() == 1 ? version_tag(tags[0]) : std::nullopt;
    if (!options.expected_version)
      return problem(400, "If-Match is not one strong version tag such as \"7\"");
  }
  auto key = one_value(head, "Idempotency-Key", key_characters_max);
  if (!key)
    return key.error();
  options.command_key = *std::move(key);
  for (const auto& [field, stored, characters_max] : passed_headers) {
    auto value = one_value(head, field, characters_max);
    if (!value)
      return value.error();
    if (*value && stored == correlation)
      options.correlation_id = **value;
    else if (*value)
      options.metadata.emplace(stored, **value);
  }
  return options;
}

} // namespace writer
