/// What all connections share: the repository once it is there, the bounds, the counts.
#pragma once

#include <cerk/repository.hpp>

#include "metrics_page.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

namespace writer {

class connection;

/// Bounds on one connection; each protects the others from it.
struct http_limits {
  std::size_t connections_max = 10'000;
  /// For the request line, and again for the fields: 431 above.
  std::uint32_t header_bytes_max = 8 << 10;
  /// 413 above; with a Content-Length before any of it is read.
  std::uint64_t body_bytes_max = 1 << 20;
  /// From a request's first byte to its last.
  std::chrono::seconds read_timeout{30};
  /// Until a client has taken a reply.
  std::chrono::seconds write_timeout{30};
  /// Between requests.
  std::chrono::seconds idle_timeout{60};
  /// What a client still sends after the last reply is read and dropped, so that it gets to see the
  /// reply instead of a reset connection; at most this long and this much.
  std::chrono::seconds linger_timeout{2};
  std::size_t linger_bytes_max = 4 << 20;
};

/// Used by the one thread that runs the connections, and by no other.
struct house {
  http_limits limits;
  /// nullptr until the store is open.
  const cerk::repository* repository = nullptr;
  bool is_stopping = false;
  http_metrics metrics;
  /// Owns the connections: a command's answer only holds a weak reference, so that a connection is
  /// never destroyed by an actor's thread.
  std::unordered_map<connection*, std::shared_ptr<connection>> connections;
};

} // namespace writer
