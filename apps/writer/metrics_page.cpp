// Metric families from counts, and their text from prometheus-cpp.
#include "metrics_page.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <optional>

namespace writer {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric sample(MetricType type, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric made;
  made.label = std::move(labels);
  (type == MetricType::Counter ? made.counter.value : made.gauge.value) = value;
  return made;
}

MetricFamily family(MetricType type, std::string name, std::string help) {
  return {std::move(name), std::move(help), type, {}};
}

MetricFamily counter(std::string name, std::string help, std::uint64_t value) {
  auto made = family(MetricType::Counter, std::move(name), std::move(help));
  made.metric.push_back(sample(made.type, static_cast<double>(value)));
  return made;
}

MetricFamily gauge(std::string name, std::string help, std::uint64_t value) {
  auto made = family(MetricType::Gauge, std::move(name), std::move(help));
  made.metric.push_back(sample(made.type, static_cast<double>(value)));
  return made;
}

// Without a sample where `value` has none.
MetricFamily by_partition(std::string name, std::string help,
                          const std::vector<cerk::restore_progress>& partitions,
                          std::optional<double> (*value)(const cerk::restore_progress&)) {
  auto made = family(MetricType::Gauge, std::move(name), std::move(help));
  for (const auto& p : partitions)
    if (const auto known = value(p))
      made.metric.push_back(
        sample(made.type, *known, {{"partition", std::to_string(p.partition)}}));
  return made;
}

// How each partition's restore goes. What nobody knows yet has no sample: 0 would be a lie.
void add_restore(std::vector<MetricFamily>& page,
                 const std::vector<cerk::restore_progress>& partitions) {
  using progress = cerk::restore_progress;
  const auto add
    = [&](std::string name, std::string help, std::optional<double> (*value)(const progress&)) {
        page.push_back(by_partition(std::move(name), std::move(help), partitions, value));
      };
  // Of a partition that is open.
  static constexpr auto when_open = [](const progress& p, auto value) {
    return p.now == progress::phase::waiting ? std::nullopt
                                             : std::optional{static_cast<double>(value)};
  };
  static constexpr auto when_timed = [](const progress& p, double rate) {
    return p.seconds > 0 ? std::optional{rate} : std::nullopt;
  };
  add("cerk_partition_serving", "1 when the partition takes commands",
      [](const progress& p) -> std::optional<double> {
        return p.now == progress::phase::serving ? 1 : 0;
      });
  add("cerk_restore_start_offset", "First offset read",
      [](const progress& p) { return when_open(p, p.start); });
  add("cerk_restore_position_offset", "Next offset to read",
      [](const progress& p) { return when_open(p, p.position); });
  add("cerk_restore_end_offset", "Offset where the restore ends",
      [](const progress& p) { return when_open(p, p.end); });
  add("cerk_restore_events", "Events read back",
      [](const progress& p) { return when_open(p, p.events); });
  add("cerk_restore_bytes", "Bytes read back",
      [](const progress& p) { return when_open(p, p.bytes); });
  add("cerk_restore_seconds", "Time from the first read to serving, or until now",
      [](const progress& p) { return when_open(p, p.seconds); });
  add("cerk_restore_events_per_second", "Events read back per second, since the first read",
      [](const progress& p) { return when_timed(p, p.events_per_second()); });
  add("cerk_restore_bytes_per_second", "Bytes read back per second, since the first read",
      [](const progress& p) { return when_timed(p, p.megabytes_per_second() * 1e6); });
  add("cerk_restore_left_seconds", "Estimated time until the end is read", [](const progress& p) {
    const auto left = p.seconds_left();
    return left < 0 ? std::nullopt : std::optional{left};
  });
}

} // namespace

std::string metrics_page(const cerk::repository_metrics& r,
                         const std::vector<cerk::restore_progress>& partitions,
                         const http_metrics& http) {
  std::vector<MetricFamily> page;

  auto commands = family(MetricType::Counter, "cerk_commands_total", "Commands answered");
  const auto answered = [&](const char* outcome, std::uint64_t count) {
    commands.metric.push_back(
      sample(commands.type, static_cast<double>(count), {{"outcome", outcome}}));
  };
  answered("accepted", r.commands_accepted);
  answered("rejected", r.commands_rejected);
  answered("conflicting", r.commands_conflicting);
  answered("failed", r.commands_failed);
  page.push_back(std::move(commands));
  page.push_back(counter("cerk_commands_overloaded_total",
                         "Commands refused because a bound was reached", r.commands_overloaded));
  page.push_back(counter("cerk_commands_unknown_total",
                         "Commands that may or may not have taken effect", r.commands_unknown));
  page.push_back(counter("cerk_answers_late_total",
                         "Results that came after their command's deadline", r.answers_late));
  page.push_back(counter("cerk_events_appended_total", "Events made durable", r.events_appended));
  page.push_back(counter("cerk_batches_appended_total", "Batches written", r.batches_appended));
  page.push_back(
    counter("cerk_fences_total", "Times that another owner took a partition", r.fences));
  page.push_back(
    gauge("cerk_commands_in_flight", "Commands taken and not answered", r.commands_in_flight));
  page.push_back(
    gauge("cerk_in_flight_bytes", "Encoded size of the commands in flight", r.bytes_in_flight));
  page.push_back(gauge("cerk_aggregates", "Aggregates in memory", r.aggregates));
  page.push_back(gauge("cerk_aggregates_quarantined", "Aggregates that take no commands",
                       r.aggregates_quarantined));

  add_restore(page, partitions);

  auto requests = family(MetricType::Counter, "cerk_http_requests_total", "Requests answered");
  for (const auto& [status, count] : http.requests_by_status)
    requests.metric.push_back(
      sample(requests.type, static_cast<double>(count), {{"status", std::to_string(status)}}));
  page.push_back(std::move(requests));
  page.push_back(gauge("cerk_http_connections", "Connections open", http.connections));
  page.push_back(counter("cerk_http_connections_refused_total", "Connections refused at the bound",
                         http.connections_refused));
  return prometheus::TextSerializer{}.Serialize(page);
}

} // namespace writer
