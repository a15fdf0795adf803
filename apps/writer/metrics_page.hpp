/// The page for Prometheus. No aggregate's id is ever a label: there are too many of them.
///
/// | name | kind | meaning |
/// |---|---|---|
/// | `cerk_commands_total{outcome}` | counter | commands answered: accepted, rejected, conflicting,
/// failed | | `cerk_commands_overloaded_total` | counter | of the failed: refused because a bound
/// was reached | | `cerk_commands_unknown_total` | counter | of the failed: may or may not have
/// taken effect | | `cerk_answers_late_total` | counter | results that came after their command's
/// deadline | | `cerk_events_appended_total` | counter | events made durable by this process | |
/// `cerk_batches_appended_total` | counter | batches they were written in | | `cerk_fences_total` |
/// counter | times that another owner took a partition | | `cerk_commands_in_flight` | gauge |
/// commands taken and not answered | | `cerk_in_flight_bytes` | gauge | their encoded size | |
/// `cerk_aggregates` | gauge | aggregates in memory | | `cerk_aggregates_quarantined` | gauge | of
/// these, those that take no commands | | `cerk_partition_serving{partition}` | gauge | 1 when it
/// takes commands | | `cerk_restore_seconds{partition}` | gauge | time from the first read to
/// serving, or until now | | `cerk_restore_events{partition}` | gauge | events read back | |
/// `cerk_http_requests_total{status}` | counter | requests answered | | `cerk_http_connections` |
/// gauge | connections open | | `cerk_http_connections_refused_total` | counter | connections
/// refused at the bound |
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
