/// A request's head as plain data: what routing and checks look at, without the HTTP library.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace writer {

/// Everything before a request's body.
struct request_head {
  std::string method;
  std::string target;
  /// 10 or 11.
  unsigned http_version = 11;
  /// Names as they came, values without white space around them, in order.
  std::vector<std::pair<std::string, std::string>> fields;

  /// The values of a field, in any case of letters; one for each time it was sent.
  std::vector<std::string_view> values_of(std::string_view name) const;
};

/// Compares ASCII letters without their case.
bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

} // namespace writer
