// The admin half of librdkafka.
#include "topic.hpp"

#include "reader.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <limits>
#include <optional>
#include <thread>

namespace cerk {

namespace {

constexpr std::array risks{topic_risk::compaction, topic_risk::retention, topic_risk::deleted,
                           topic_risk::placement, topic_risk::message_size};

} // namespace

std::string_view to_string(topic_risk risk) noexcept {
  switch (risk) {
    case topic_risk::compaction:
      return "compaction";
    case topic_risk::retention:
      return "retention";
    case topic_risk::deleted:
      return "deleted";
    case topic_risk::placement:
      return "placement";
    case topic_risk::message_size:
      return "message-size";
  }
  return "invalid";
}

std::optional<topic_risk> parse_topic_risk(std::string_view text) noexcept {
  for (const auto risk : risks)
    if (text == to_string(risk))
      return risk;
  return std::nullopt;
}

bool kafka_options::allows(topic_risk risk) const noexcept {
  return std::find(allowed_risks.begin(), allowed_risks.end(), risk) != allowed_risks.end();
}

namespace {

using admin_options
  = std::unique_ptr<rd_kafka_AdminOptions_t, kafka::destroyer<rd_kafka_AdminOptions_destroy>>;
using new_topic = std::unique_ptr<rd_kafka_NewTopic_t, kafka::destroyer<rd_kafka_NewTopic_destroy>>;
using config_resource
  = std::unique_ptr<rd_kafka_ConfigResource_t, kafka::destroyer<rd_kafka_ConfigResource_destroy>>;
using event = std::unique_ptr<rd_kafka_event_t, kafka::destroyer<rd_kafka_event_destroy>>;

} // namespace

namespace kafka {

namespace {

constexpr std::chrono::milliseconds pause{50};
/// A broker that does not know a topic may be behind the others.
constexpr std::chrono::milliseconds unknown_patience{2'000};

} // namespace

result<topic_shape> wait_for_topic(rd_kafka_t* with, const kafka_options& options,
                                   bool was_just_made) {
  const topic_handle topic{rd_kafka_topic_new(with, options.topic.c_str(), nullptr)};
  if (!topic)
    return error{errc::bad_input, "'" + options.topic + "' is no name of a topic"};
  const auto begun = std::chrono::steady_clock::now();
  const auto patience = was_just_made ? options.request_timeout
                                      : std::min(options.request_timeout, unknown_patience);
  for (;;) {
    const struct rd_kafka_metadata* answer = nullptr;
    auto code = rd_kafka_metadata(with, 0, topic.get(), &answer,
                                  static_cast<int>(options.request_timeout.count()));
    const metadata owner{answer};
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && answer->topic_cnt != 1)
      code = RD_KAFKA_RESP_ERR_UNKNOWN;
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto& found = answer->topics[0];
      code = found.err;
      topic_shape shape{.partitions = found.partition_cnt,
                        .replication = std::numeric_limits<std::int32_t>::max()};
      for (int i = 0; code == RD_KAFKA_RESP_ERR_NO_ERROR && i < found.partition_cnt; ++i) {
        code = found.partitions[i].err;
        // A copy that is away for now; librdkafka says it once for the partition.
        if (code == RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE)
          code = RD_KAFKA_RESP_ERR_NO_ERROR;
        shape.replication = std::min(shape.replication, found.partitions[i].replica_cnt);
      }
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        return shape;
    }
    const auto since = std::chrono::steady_clock::now() - begun;
    const bool may_come
      = (code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && since < options.request_timeout)
        || (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && since < patience);
    if (!may_come)
      return to_error(code, with, "opening");
    std::this_thread::sleep_for(pause);
  }
}

namespace {

// Asks the cluster and waits: `send(options, queue)` sends the request.
template <class Send>
result<event> ask(rd_kafka_t* with, const kafka_options& options, rd_kafka_admin_op_t what,
                  const std::string& doing, Send&& send) {
  const auto timeout = static_cast<int>(options.request_timeout.count());
  char why[512];
  const admin_options how{rd_kafka_AdminOptions_new(with, what)};
  rd_kafka_AdminOptions_set_request_timeout(how.get(), timeout, why, sizeof why);
  const queue answers{rd_kafka_queue_new(with)};
  send(how.get(), answers.get());
  event answer{rd_kafka_queue_poll(answers.get(), timeout + 1'000)};
  const auto code = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_error(code, with, doing);
  return answer;
}

// One setting of a topic, as its cluster tells it.
std::optional<topic_finding> judge(const kafka_options& options, std::string_view name,
                                   const std::string& value) {
  using risk = std::optional<topic_risk>;
  const auto found = [&](risk why, std::string_view means, const std::string& better) {
    return topic_finding{why, "kafka:" + options.topic + " has " + std::string{name} + '=' + value
                                + ", " + std::string{means}
                                + "; mend it: kafka-configs.sh --bootstrap-server "
                                + options.brokers + " --alter --topic " + options.topic
                                + " --add-config " + std::string{name} + '=' + better};
  };
  if (name == "cleanup.policy" && value.find("compact") != std::string::npos)
    return found(topic_risk::compaction, "which keeps one event of each aggregate", "delete");
  if ((name == "retention.ms" || name == "retention.bytes") && value != "-1")
    return found(topic_risk::retention, "which deletes events", "-1");
  const auto needed = options.event_bytes_max + record_overhead_bytes;
  if (name == "max.message.bytes" && std::strtoull(value.c_str(), nullptr, 10) < needed)
    return found(topic_risk::message_size, "which refuses events that event_bytes_max allows",
                 std::to_string(needed));
  if (name == "min.insync.replicas" && std::strtoul(value.c_str(), nullptr, 10) < 2)
    return found({}, "so what is acknowledged may be on one machine alone", "2");
  if (name == "unclean.leader.election.enable" && value == "true")
    return found({}, "which may lose what was acknowledged", "false");
  return std::nullopt;
}

} // namespace

result<std::vector<topic_finding>> inspect_settings(rd_kafka_t* with, const kafka_options& options,
                                                    const topic_shape& shape) {
  const std::string doing = "asking for the topic's settings";
  std::vector<topic_finding> findings;
  if (shape.replication < 3)
    findings.push_back({{},
                        "kafka:" + options.topic + " has " + std::to_string(shape.replication)
                          + (shape.replication == 1 ? " copy" : " copies")
                          + " of a partition, so it does not survive the loss of a machine "
                            "while another is away; 3 do (kafka-reassign-partitions.sh)"});
  const config_resource topic{
    rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, options.topic.c_str())};
  std::array asked{topic.get()};
  const auto until = std::chrono::steady_clock::now() + options.request_timeout;
  event described;
  std::size_t count = 0;
  const rd_kafka_ConfigResource_t** found = nullptr;
  auto code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
  // The topic exists; but another broker may be asked than the one that said so.
  while (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
    auto answer
      = ask(with, options, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, doing, [&](auto* how, auto* to) {
          rd_kafka_DescribeConfigs(with, asked.data(), asked.size(), how, to);
        });
    if (!answer)
      return answer.error();
    described = *std::move(answer);
    found = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(described.get()), &count);
    code = count == 1 ? rd_kafka_ConfigResource_error(found[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (std::chrono::steady_clock::now() >= until)
      break;
    if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
      std::this_thread::sleep_for(pause);
  }
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED
      || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED) {
    findings.push_back({{},
                        "kafka:" + options.topic
                          + ": its settings may not be read (DescribeConfigs), so nobody "
                            "knows whether it keeps every event"});
    return findings;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return to_error(code, options, doing);
  const auto* const* entries = rd_kafka_ConfigResource_configs(found[0], &count);
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = rd_kafka_ConfigEntry_value(entries[i]);
    if (auto one = judge(options, rd_kafka_ConfigEntry_name(entries[i]), text ? text : ""))
      findings.push_back(*std::move(one));
  }
  return findings;
}

} // namespace kafka

result<std::vector<topic_finding>> inspect_kafka_topic(const kafka_options& options) {
  try {
    const auto with = kafka::make_consumer(options);
    const auto shape = kafka::wait_for_topic(with.get(), options, false);
    if (!shape)
      return shape.error();
    auto findings = kafka::inspect_settings(with.get(), options, *shape);
    for (partition_id p{0}; findings && p.value < shape->partitions; ++p.value) {
      const auto marks = kafka::query_watermarks(with.get(), options, p);
      if (!marks)
        return marks.error();
      if (marks->low > offset{0})
        findings->push_back({topic_risk::deleted, kafka::deleted(options, p, marks->low)});
    }
    return findings;
  } catch (const failure_exception& e) {
    return e.reason();
  }
}

result<bool> create_kafka_topic(const kafka_options& options, std::int32_t partitions,
                                std::int32_t replication) {
  try {
    // A consumer: where a producer asks for a topic, a broker may make it with other settings.
    const auto with = kafka::make_consumer(options);
    char why[512];
    const new_topic wanted{
      rd_kafka_NewTopic_new(options.topic.c_str(), partitions, replication, why, sizeof why)};
    if (!wanted)
      return error{errc::bad_input, "kafka:" + options.topic + ": " + why};
    for (const auto& [key, value] :
         {std::pair{"cleanup.policy", "delete"}, {"retention.ms", "-1"}, {"retention.bytes", "-1"}})
      rd_kafka_NewTopic_set_config(wanted.get(), key, value);
    std::array topics{wanted.get()};
    const std::string doing = "making the topic";
    const auto answer
      = kafka::ask(with.get(), options, RD_KAFKA_ADMIN_OP_CREATETOPICS, doing,
                   [&](auto* how, auto* to) {
                     rd_kafka_CreateTopics(with.get(), topics.data(), topics.size(), how, to);
                   });
    if (!answer)
      return answer.error();
    std::size_t count = 0;
    const auto* made
      = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer->get()),
                                            &count);
    if (count != 1)
      return kafka::to_error(RD_KAFKA_RESP_ERR_UNKNOWN, options, doing);
    const auto code = rd_kafka_topic_result_error(made[0]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      auto failed = kafka::to_error(code, options, doing);
      if (const char* text = rd_kafka_topic_result_error_string(made[0]); text != nullptr)
        failed.what += std::string{" ("} + text + ')';
      return failed;
    }
    // Made is not yet known to every broker.
    if (const auto found = kafka::wait_for_topic(with.get(), options, true); !found)
      return found.error();
    return code == RD_KAFKA_RESP_ERR_NO_ERROR;
  } catch (const failure_exception& e) {
    return e.reason();
  }
}

} // namespace cerk
