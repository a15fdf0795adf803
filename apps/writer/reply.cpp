// Requests and replies as plain data.
#include "reply.hpp"

#include "request.hpp"

#include <stdexcept>

namespace writer {

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  if (a.size() != b.size())
    return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i]))
      return false;
  return true;
}

std::vector<std::string_view> request_head::values_of(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [field, value] : fields)
    if (equal_ignoring_case(field, name))
      values.push_back(value);
  return values;
}

void throw_exception_from_error(const reply& r, const boost::source_location&) {
  throw std::runtime_error(r.body);
}

std::string_view title_of(unsigned status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 423:
      return "Locked";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Unknown";
  }
}

std::string text_of(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

reply problem(unsigned status, std::string_view detail, const nlohmann::ordered_json& more) {
  nlohmann::ordered_json body{
    {"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
  body.update(more);
  return {.status = status, .content_type = "application/problem+json", .body = text_of(body)};
}

reply closing_problem(unsigned status, std::string_view detail) {
  auto made = problem(status, detail);
  made.closes = true;
  return made;
}

} // namespace writer
