// Metric families from counts, and their text from prometheus-cpp.
#include "metrics_page.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

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

template <class Value>
MetricFamily by_partition(std::string name, std::string help,
                          const std::vector<cerk::restore_progress>& partitions, Value value) {
  auto made = family(MetricType::Gauge, std::move(name), std::move(help));
  for (const auto& p : partitions)
    made.metric.push_back(sample(made.type, static_cast<double>(value(p)),
                                 {{"partition", std::to_string(p.partition)}}));
  return made;
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

  page.push_back(by_partition("cerk_partition_serving", "1 when the partition takes commands",
                              partitions, [](const cerk::restore_progress& p) {
                                return p.now == cerk::restore_progress::phase::serving ? 1 : 0;
                              }));
  page.push_back(by_partition("cerk_restore_seconds", "Time from the first read to serving",
                              partitions,
                              [](const cerk::restore_progress& p) { return p.seconds; }));
  page.push_back(by_partition("cerk_restore_events", "Events read back", partitions,
                              [](const cerk::restore_progress& p) { return p.events; }));

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
