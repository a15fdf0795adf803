/// What an operator can do to a topic, good and bad, and what a foreign producer writes into it.
#pragma once

#include "kafka/client.hpp"
#include "kafka/topic.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace kafka_admin {

/// Sends an admin request and waits for its answer.
inline void ask(const cerk::kafka_options& options,
                const std::function<void(rd_kafka_t* with, rd_kafka_queue_t* answers)>& request) {
  const auto with = cerk::kafka::make_client(RD_KAFKA_PRODUCER, cerk::kafka::make_config(options));
  const cerk::kafka::queue answers{rd_kafka_queue_new(with.get())};
  request(with.get(), answers.get());
  auto* answer = rd_kafka_queue_poll(answers.get(), 20'000);
  const std::string failure = answer == nullptr ? "no answer"
                              : rd_kafka_event_error(answer) != RD_KAFKA_RESP_ERR_NO_ERROR
                                ? rd_kafka_event_error_string(answer)
                                : "";
  rd_kafka_event_destroy(answer);
  if (!failure.empty())
    throw std::runtime_error("admin request: " + failure);
}

/// What the controller has taken, a broker may not know yet.
inline void wait_until(const std::function<bool()>& is_known) {
  for (int tries = 0; !is_known(); ++tries) {
    if (tries == 500)
      throw std::runtime_error("a change of the topic does not show");
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

/// Sets one of its settings, "name=value", to one that is a finding; the others are as a store
/// makes them.
inline void alter(const cerk::kafka_options& options, const std::string& setting) {
  std::map<std::string, std::string> all{{"cleanup.policy", "delete"},
                                         {"retention.ms", "-1"},
                                         {"retention.bytes", "-1"}};
  all[setting.substr(0, setting.find('='))] = setting.substr(setting.find('=') + 1);
  ask(options, [&](auto* with, auto* answers) {
    auto* topic = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options.topic.c_str());
    for (const auto& [name, value] : all)
      rd_kafka_ConfigResource_set_config(topic, name.c_str(), value.c_str());
    rd_kafka_AlterConfigs(with, &topic, 1, nullptr, answers);
    rd_kafka_ConfigResource_destroy(topic);
  });
  wait_until([&] {
    const auto findings = cerk::inspect_kafka_topic(options).value();
    return std::any_of(findings.begin(), findings.end(), [&](const auto& finding) {
      return finding.what.find(setting) != std::string::npos;
    });
  });
}

/// Deletes the records of a partition before `offset`.
inline void delete_records(const cerk::kafka_options& options, std::int32_t partition,
                           std::int64_t offset) {
  ask(options, [&](auto* with, auto* answers) {
    const cerk::kafka::topic_list before{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(before.get(), options.topic.c_str(), partition)->offset
      = offset;
    auto* request = rd_kafka_DeleteRecords_new(before.get());
    rd_kafka_DeleteRecords(with, &request, 1, nullptr, answers);
    rd_kafka_DeleteRecords_destroy(request);
  });
}

/// Gives the topic more partitions.
inline void grow(const cerk::kafka_options& options, std::size_t partitions) {
  ask(options, [&](auto* with, auto* answers) {
    char why[256];
    auto* request = rd_kafka_NewPartitions_new(options.topic.c_str(), partitions, why, sizeof why);
    rd_kafka_CreatePartitions(with, &request, 1, nullptr, answers);
    rd_kafka_NewPartitions_destroy(request);
  });
  const auto asking = cerk::kafka::make_consumer(options);
  wait_until([&] {
    const auto shape = cerk::kafka::wait_for_topic(asking.get(), options, true).value();
    return static_cast<std::size_t>(shape.partitions) == partitions;
  });
}

/// Produces records as any client would, which chooses partitions by its `partitioner` (a
/// librdkafka property; empty: its default). Returns the partition of each.
inline std::vector<std::int32_t>
produce(const cerk::kafka_options& options, const std::string& partitioner,
        const std::vector<std::pair<std::string, std::string>>& records) {
  std::vector<std::int32_t> partitions(records.size(), -1);
  auto settings = cerk::kafka::make_config(options);
  if (!partitioner.empty())
    cerk::kafka::set(settings.get(), "partitioner", partitioner);
  rd_kafka_conf_set_dr_msg_cb(settings.get(),
                              [](rd_kafka_t*, const rd_kafka_message_t* report, void*) {
                                if (report->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                                  *static_cast<std::int32_t*>(report->_private) = report->partition;
                              });
  const auto with = cerk::kafka::make_client(RD_KAFKA_PRODUCER, std::move(settings));
  const cerk::kafka::queue reports{rd_kafka_queue_get_main(with.get())};
  rd_kafka_queue_forward(reports.get(), nullptr); // `rd_kafka_flush` serves them, here
  const cerk::kafka::topic_handle topic{
    rd_kafka_topic_new(with.get(), options.topic.c_str(), nullptr)};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& [key, value] = records[i];
    std::string bytes = value;
    if (rd_kafka_produce(topic.get(), RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, bytes.data(),
                         bytes.size(), key.data(), key.size(), &partitions[i])
        != 0)
      throw std::runtime_error("a record was not taken");
  }
  if (rd_kafka_flush(with.get(), 30'000) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("records were not delivered");
  return partitions;
}

} // namespace kafka_admin
