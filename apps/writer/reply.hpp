/// A reply as plain data, and the one shape in which everything that is wrong is told.
#pragma once

#include <boost/system/result.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace writer {

/// What goes back to a client.
struct reply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  /// Besides those that every reply has.
  std::vector<std::pair<std::string, std::string>> fields{};
  /// The connection cannot go on after it: where the next request begins is not certain.
  bool closes = false;
};

/// A value, or the reply that ends the request.
template <class T>
using or_reply = boost::system::result<T, reply>;

[[noreturn]] void throw_exception_from_error(const reply& r, const boost::source_location&);

/// The name of a status: "Not Found".
std::string_view title_of(unsigned status) noexcept;

/// JSON as text; bytes that are no UTF-8 (a client's own, quoted back) are replaced.
std::string text_of(const nlohmann::ordered_json& json);

/// `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, then `more`. The
/// type is `about:blank`, so the title is the status's own; `code` in `more` is for programs.
reply problem(unsigned status, std::string_view detail,
              const nlohmann::ordered_json& more = nlohmann::ordered_json::object());

/// The same for a request that was read wrongly or not to its end.
reply closing_problem(unsigned status, std::string_view detail);

} // namespace writer
