/// From method and target to what is asked for: the table of paths.
#pragma once

#include "reply.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace writer {

/// `POST /?strict=true`
struct post_command {
  bool strict = false;
};

/// `GET /aggregates/ID?strict=true`
struct get_aggregate {
  std::string id;
  bool strict = false;
};

inline constexpr std::size_t page_events_default = 100;
inline constexpr std::size_t page_events_max = 1'000;

/// `GET /aggregates/ID/events?after=V&limit=N`
struct get_events {
  std::string id;
  std::uint64_t after = 0;
  std::size_t limit = page_events_default;
};

/// `GET /healthz`
struct get_health {};

/// `GET /readyz`
struct get_readiness {};

/// `GET /metrics`
struct get_metrics {};

using route
  = std::variant<post_command, get_aggregate, get_events, get_health, get_readiness, get_metrics>;

/// What `method` on `target` asks for; HEAD asks like GET. Else 404 for a path that does not exist,
/// 405 with Allow, and 400 for a bad percent escape, a bad id and an unknown, repeated or bad
/// parameter.
or_reply<route> find_route(std::string_view method, std::string_view target);

} // namespace writer
