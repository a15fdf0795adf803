// The strict reading of Content-Length and Transfer-Encoding.
#include "framing.hpp"

#include <algorithm>

namespace writer {

std::optional<reply> unfit_framing(const request_head& head) {
  const auto lengths = head.values_of("Content-Length");
  const auto codings = head.values_of("Transfer-Encoding");
  if (lengths.size() > 1)
    return closing_problem(400, "Content-Length is given more than once");
  if (!lengths.empty() && !codings.empty())
    return closing_problem(400, "Content-Length and Transfer-Encoding are given together");
  for (const auto length : lengths)
    if (length.empty()
        || !std::all_of(length.begin(), length.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return closing_problem(400, "Content-Length is not a number");
  if (codings.size() > 1 || (!codings.empty() && !equal_ignoring_case(codings[0], "chunked")))
    return closing_problem(400, "the only Transfer-Encoding is chunked");
  if (!codings.empty() && head.http_version < 11)
    return closing_problem(400, "HTTP/1.0 has no Transfer-Encoding");
  const auto hosts = head.values_of("Host").size();
  if (hosts > 1 || (hosts == 0 && head.http_version >= 11))
    return closing_problem(400, hosts == 0 ? "Host is missing" : "Host is given more than once");
  return std::nullopt;
}

bool announces_body(const request_head& head) {
  return !head.values_of("Content-Length").empty() || !head.values_of("Transfer-Encoding").empty();
}

} // namespace writer
