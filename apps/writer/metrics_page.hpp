/// The page for Prometheus. No aggregate's id is ever a label: there are too many of them. What
/// each name means is in docs/operating.md, "What to watch".
#pragma once

#include <cerk/metrics.hpp>
#include <cerk/options.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace writer {

/// What the HTTP side counts.
struct http_metrics {
  std::map<unsigned, std::uint64_t> requests_by_status;
  std::uint64_t connections = 0;
  std::uint64_t connections_refused = 0;
};

/// The page in Prometheus' text format. Before the store is open there are no partitions.
std::string metrics_page(const cerk::repository_metrics& repository,
                         const std::vector<cerk::restore_progress>& partitions,
                         const http_metrics& http);

} // namespace writer
