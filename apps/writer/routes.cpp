// Splitting a target, and the table of paths.
#include "routes.hpp"

#include <cerk/ids.hpp>

#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <vector>

namespace writer {

namespace {

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0)
      return std::nullopt;
    decoded += static_cast<char>(high << 4 | low);
    i += 2;
  }
  return decoded;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return parts;
    text.remove_prefix(end + 1);
  }
}

// "http://host/path" is what a client sends to a proxy, and a server has to take it.
std::string_view without_authority(std::string_view target) {
  if (!target.starts_with("http://"))
    return target;
  const auto path = target.find('/', 7);
  return path == std::string_view::npos ? std::string_view{"/"} : target.substr(path);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || failure != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

// Reads one parameter into the route; a problem if the path does not take it, or not so.
std::optional<reply> read_parameter(route& to, const std::string& name, const std::string& value) {
  if (auto* page = std::get_if<get_events>(&to)) {
    const auto number = number_in(value);
    if (name == "after") {
      // Stores count versions with a sign.
      if (!number || *number > std::numeric_limits<std::int64_t>::max())
        return problem(400, "parameter 'after' is not a version");
      page->after = *number;
      return std::nullopt;
    }
    if (name == "limit") {
      if (!number || *number < 1 || *number > page_events_max)
        return problem(400, "parameter 'limit' is not 1 to " + std::to_string(page_events_max));
      page->limit = *number;
      return std::nullopt;
    }
  }
  auto* command = std::get_if<post_command>(&to);
  auto* wanted = std::get_if<get_aggregate>(&to);
  if (name != "strict" || (command == nullptr && wanted == nullptr))
    return problem(400, "unknown parameter '" + name + "'");
  if (value != "true" && value != "false")
    return problem(400, "parameter 'strict' is not true or false");
  (command != nullptr ? command->strict : wanted->strict) = value == "true";
  return std::nullopt;
}

std::optional<reply> read_parameters(std::string_view query, route& to) {
  if (query.empty())
    return std::nullopt;
  std::set<std::string> seen;
  for (const auto part : split(query, '&')) {
    const auto equals = part.find('=');
    const auto name = percent_decoded(part.substr(0, equals));
    const auto value = percent_decoded(equals == std::string_view::npos ? std::string_view{}
                                                                        : part.substr(equals + 1));
    if (!name || !value)
      return problem(400, "the query has a bad percent escape");
    if (!seen.insert(*name).second)
      return problem(400, "parameter '" + *name + "' is given more than once");
    if (auto wrong = read_parameter(to, *name, *value))
      return wrong;
  }
  return std::nullopt;
}

reply not_allowed(const char* allowed) {
  auto made = problem(405, std::string{"this path takes "} + allowed);
  made.fields.emplace_back("Allow", allowed);
  return made;
}

or_reply<route> route_of(std::string_view path) {
  if (path == "/")
    return route{post_command{}};
  if (path == "/healthz")
    return route{get_health{}};
  if (path == "/readyz")
    return route{get_readiness{}};
  if (path == "/metrics")
    return route{get_metrics{}};
  const auto parts = split(path, '/');
  const bool is_aggregate = parts.size() == 3 && parts[1] == "aggregates" && !parts[2].empty();
  const bool is_events = parts.size() == 4 && parts[1] == "aggregates" && !parts[2].empty()
                         && parts[3] == "events";
  if (!is_aggregate && !is_events)
    return problem(404, "there is no such path");
  auto id = percent_decoded(parts[2]);
  if (!id)
    return problem(400, "the path has a bad percent escape");
  if (!cerk::is_valid_aggregate_id(*id))
    return problem(400,
                   "'" + *id + "' is no aggregate id: 1 to 128 characters of A-Z a-z 0-9 . _ : -",
                   {{"code", "bad_id"}});
  if (is_events)
    return route{get_events{.id = *std::move(id)}};
  return route{get_aggregate{.id = *std::move(id)}};
}

} // namespace

or_reply<route> find_route(std::string_view method, std::string_view target) {
  target = without_authority(target);
  const auto question = target.find('?');
  auto found = route_of(target.substr(0, question));
  if (!found)
    return found;
  const bool is_command = std::holds_alternative<post_command>(*found);
  if (is_command && method != "POST")
    return not_allowed("POST");
  if (!is_command && method != "GET" && method != "HEAD")
    return not_allowed("GET, HEAD");
  const auto query = question == std::string_view::npos ? std::string_view{}
                                                        : target.substr(question + 1);
  if (auto wrong = read_parameters(query, *found))
    return *std::move(wrong);
  return found;
}

} // namespace writer
