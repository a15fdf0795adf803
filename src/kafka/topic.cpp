// The admin half of librdkafka.
#include "topic.hpp"

#include <array>
#include <thread>

namespace cerk {

namespace {

using admin_options
  = std::unique_ptr<rd_kafka_AdminOptions_t, kafka::destroyer<rd_kafka_AdminOptions_destroy>>;
using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, kafka::destroyer<rd_kafka_NewTopic_destroy>>;
using config_resource
  = std::unique_ptr<rd_kafka_ConfigResource_t, kafka::destroyer<rd_kafka_ConfigResource_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, kafka::destroyer<rd_kafka_event_destroy>>;

} // namespace

namespace kafka {

result<std::int32_t> wait_for_topic(rd_kafka_t* with, const kafka_options& options) {
  const topic_handle topic{rd_kafka_topic_new(with, options.topic.c_str(), nullptr)};
  if (!topic)
    return error{errc::bad_input, "'" + options.topic + "' is no name of a topic"};
  const auto until = std::chrono::steady_clock::now() + options.request_timeout;
  for (;;) {
    const struct rd_kafka_metadata* answer = nullptr;
    auto code = rd_kafka_metadata(with, 0, topic.get(), &answer,
                                  static_cast<int>(options.request_timeout.count()));
    const metadata owner{answer};
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && answer->topic_cnt == 1) {
      const auto& found = answer->topics[0];
      code = found.err;
      for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < found.partition_cnt; ++i)
        code = found.partitions[i].err;
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return found.partition_cnt;
    }
    const bool may_come = code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
    if (!may_come || std::chrono::steady_clock::now() >= until)
      return to_error(code, options, "opening");
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

result<void> check_settings(rd_kafka_t* with, const kafka_options& options) {
  const auto timeout = static_cast<int>(options.request_timeout.count());
  const std::string what = "asking for the topic's settings";
  char why[512];
  const admin_options how{rd_kafka_AdminOptions_new(with, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS)};
  rd_kafka_AdminOptions_set_request_timeout(how.get(), timeout, why, sizeof why);
  const queue answers{rd_kafka_queue_new(with)};
  const config_resource topic{
    rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options.topic.c_str())};
  std::array asked{topic.get()};
  rd_kafka_DescribeConfigs(with, asked.data(), asked.size(), how.get(), answers.get());
  const event answer{rd_kafka_queue_poll(answers.get(), timeout + 1'000)};
  if (!answer)
    return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, options, what);
  auto code = rd_kafka_event_error(answer.get());
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** found = nullptr;
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(answer.get()), &count);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
    code = count == 1 ? rd_kafka_ConfigResource_error(found[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
      || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
    log(options,
        "kafka:" + options.topic
          + ": its settings may not be read, so nobody knows whether it keeps every event");
    return {};
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_error(code, options, what);
  const auto* const* entries = rd_kafka_ConfigResource_configs(found[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view name = rd_kafka_ConfigEntry_name(entries[i]);
    const char* text = rd_kafka_ConfigEntry_value(entries[i]);
    const std::string value = text != nullptr ? text : "";
    const bool merges = name == "cleanup.policy" && value.find("compact") != std::string::npos;
    const bool deletes = (name == "retention.ms" || name == "retention.bytes") && value != "-1";
    if (merges || deletes)
      return error{errc::store_unusable,
                   "kafka:" + options.topic + " has " + std::string{name} + "=" + value
                     + (merges ? ", which keeps one event of each aggregate"
                               : ", which deletes events")
                     + "; mend it: kafka-configs.sh --bootstrap-server " + options.brokers
                     + " --alter --topic " + options.topic + " --add-config " + std::string{name}
                     + "=" + (merges ? "delete" : "-1")};
  }
  return {};
}

} // namespace kafka

result<bool> create_kafka_topic(const kafka_options& options, std::int32_t partitions,
                                std::int32_t replication) {
  try {
    const auto with = kafka::make_client(RD_KAFKA_PRODUCER, kafka::make_config(options));
    const auto timeout = static_cast<int>(options.request_timeout.count());
    char why[512];
    const new_topic wanted{
      rd_kafka_NewTopic_new(options.topic.c_str(), partitions, replication, why, sizeof why)};
    if (!wanted)
      return error{errc::bad_input, "kafka:" + options.topic + ": " + why};
    for (const auto& [key, value] :
         {std::pair{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}})
      rd_kafka_NewTopic_set_config(wanted.get(), key, value);
    const admin_options how{rd_kafka_AdminOptions_new(with.get(), RD_KAFKA_ADMIN_OP_CREATETOPICS)};
    rd_kafka_AdminOptions_set_request_timeout(how.get(), timeout, why, sizeof why);
    rd_kafka_AdminOptions_set_operation_timeout(how.get(), timeout, why, sizeof why);
    const kafka::queue answers{rd_kafka_queue_new(with.get())};
    std::array topics{wanted.get()};
    rd_kafka_CreateTopics(with.get(), topics.data(), topics.size(), how.get(), answers.get());
    const event answer{rd_kafka_queue_poll(answers.get(), timeout + 1'000)};
    const std::string what = "making the topic";
    if (!answer)
      return kafka::to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, options, what);
    if (const auto code = rd_kafka_event_error(answer.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return kafka::to_error(code, options, what);
    std::size_t count = 0;
    const auto* made
      = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.get()),
                                            &count);
    if (count != 1)
      return kafka::to_error(RD_KAFKA_RESP_ERR_UNKNOWN, options, what);
    const auto code = rd_kafka_topic_result_error(made[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      auto failed = kafka::to_error(code, options, what);
      if (const char* text = rd_kafka_topic_result_error_string(made[0]); text != nullptr)
        failed.what += std::string{" ("} + text + ')';
      return failed;
    }
    // Made is not yet known to every broker.
    for (const auto until = std::chrono::steady_clock::now() + options.request_timeout;;) {
      const auto found = kafka::wait_for_topic(with.get(), options);
      if (found)
        return code == RD_KAFKA_RESP_ERR_NO_ERROR;
      if (std::chrono::steady_clock::now() >= until)
        return found.error();
      std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
  } catch (const failure_exception& e) {
    return e.reason();
  }
}

} // namespace cerk
