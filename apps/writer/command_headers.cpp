// Content-Length, Content-Type, If-Match and Idempotency-Key of a command.
#include "command_headers.hpp"

#include "framing.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace writer {

namespace {

constexpr std::size_t key_characters_max = 255;

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

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= key_characters_max
         && std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
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
  const auto keys = head.values_of("Idempotency-Key");
  if (keys.size() > 1)
    return problem(400, "Idempotency-Key is given more than once");
  if (!keys.empty()) {
    if (!is_key(keys[0]))
      return problem(400, "Idempotency-Key is not 1 to 255 printable ASCII characters");
    options.command_key = std::string{keys[0]};
  }
  return options;
}

} // namespace writer
