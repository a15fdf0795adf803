/// The event store on Apache Kafka: one topic, one owner for each partition at a time.
#pragma once

#include "cerk/provider.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cerk {

/// Why a topic is refused; each can be allowed by name, and what comes of it is yours.
enum class topic_risk : std::uint8_t {
  /// `compaction`: one event of each aggregate is kept (`cleanup.policy`).
  compaction,
  /// `retention`: events are deleted after a time or above a size.
  retention,
  /// `deleted`: records were deleted already. With leave, what is left is read.
  deleted,
  /// `placement`: claims or keys show another number of partitions or another partitioner. With
  /// leave, aggregates that lie elsewhere are not found and begin anew.
  placement,
  /// `message-size`: an event that `event_bytes_max` allows is refused by the broker.
  message_size,
};

/// The name as above.
std::string_view to_string(topic_risk risk) noexcept;
std::optional<topic_risk> parse_topic_risk(std::string_view text) noexcept;

/// Settings of a Kafka store.
struct kafka_options {
  /// Where to find the cluster: `host:port`, several with commas between (`bootstrap.servers`).
  std::string brokers;
  std::string topic;
  /// Further librdkafka properties, for producers and consumers alike: security, compression,
  /// timeouts. Those that the protocol depends on are refused; see `kafka_key_refusal`.
  std::vector<std::pair<std::string, std::string>> settings{};
  /// Which partition an aggregate is in. As long as the topic lives it must not change.
  cerk::partitioner partitioner = cerk::partitioner::crc32;
  /// What is no reason to refuse the topic.
  std::vector<topic_risk> allowed_risks{};
  /// Largest event in bytes; below librdkafka's `message.max.bytes`.
  std::size_t event_bytes_max = 512 << 10;
  /// How long opening, and each question to the cluster, may take.
  std::chrono::milliseconds request_timeout{10'000};
  /// How long a record may be on its way before it counts as lost and the partition is claimed
  /// again
  /// (`message.timeout.ms`).
  std::chrono::milliseconds delivery_timeout{30'000};
  /// How long `close` waits for what is under way.
  std::chrono::milliseconds close_timeout{10'000};
  /// Gets librdkafka's log and errors, a line each; from any thread. Nothing: they go to stderr.
  /// `kafka:TOPIC: partition N: error: ...`; the partition where its producer speaks, `error` or
  /// `warning` where it is one.
  std::function<void(std::string_view line)> on_log{};

  bool allows(topic_risk risk) const noexcept;
};

/// Why a librdkafka property cannot be set by a user; empty if it can.
std::string_view kafka_key_refusal(std::string_view key) noexcept;

/// A librdkafka property and its value, as `kafka_options::settings` takes it.
using kafka_property = std::pair<std::string, std::string>;

/// A property as a user gave it. A value that others may not see is named instead of written:
/// `@file:PATH` is the file's content without a last line break, at most 64 KiB, `@env:NAME` a
/// variable of the environment; `@@` begins a value that itself begins with `@`.
/// Errors: `bad_input`: a key that is refused, nothing to be had there. No text has the value in
/// it.
result<kafka_property> make_kafka_property(std::string_view key, std::string_view value);

/// The same, written `key=value`.
result<kafka_property> parse_kafka_property(std::string_view text);

/// Something about a topic that its owner should know.
struct topic_finding {
  /// Why a store does not open it, unless that is allowed. None: a warning, the topic survives
  /// fewer failures than it could.
  std::optional<topic_risk> risk;
  /// What and where, and the command that mends it.
  std::string what;
};

/// Looks at the settings of `options.topic`, its replication and whether records were deleted.
/// Blocks. Errors: `unavailable`, `store_unusable`, `bad_input`.
result<std::vector<topic_finding>> inspect_kafka_topic(const kafka_options& options);

/// Makes the topic if it is missing, as a store needs it: `cleanup.policy=delete`, kept for ever.
/// `partitions` is for good: another number would send aggregates elsewhere. Returns whether it was
/// made. Blocks. Errors: `unavailable`, `store_unusable`, `bad_input`.
result<bool> create_kafka_topic(const kafka_options& options, std::int32_t partitions,
                                std::int32_t replication);

/// An idempotent producer for each partition it owns, consumers that are assigned and never
/// subscribe. What takes effect in the topic is decided by the records alone
/// (docs/record_format.md), so any number of processes may try.
///
/// Checks no versions by itself (`info().checks_versions`): what is decided under a claim in effect
/// is right. Import is in order, but not all or none.
class kafka_provider final : public provider {
public:
  /// Throws `failure_exception`: `bad_input` for a setting that is refused, `unavailable` when no
  /// broker can be reached, `store_unusable` when the topic does not exist, may not be read, or
  /// does not keep every event for ever; the text names the setting and the command that mends it.
  /// What is only a warning goes to `on_log`.
  explicit kafka_provider(kafka_options options);
  ~kafka_provider() override;

  const provider_info& info() const noexcept override;
  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override;
  void append_claim(partition_id partition, const claim& wanted, claim_done done) override;
  void append(partition_id partition, term owner, std::vector<commit_ptr> commits,
              append_done done) override;
  void relinquish(partition_id partition, term owner) override;
  void read_aggregate(partition_id partition, std::string aggregate_id, version after,
                      std::size_t events_max, events_done done) override;
  result<void> append_verbatim(partition_id partition, const std::vector<record>& records) override;
  void close() override;

private:
  std::unique_ptr<provider> store_;
};

} // namespace cerk
