/// What `--store` and its companions mean: which store, and whether a command may make it.
#pragma once

#include "cerk/kafka_provider.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cerk::cli {

/// The flags that say where the log is.
struct store_flags {
  std::string store;
  /// For Kafka: the brokers, librdkafka properties as "key=value", and whether to make the topic.
  std::string brokers;
  std::vector<std::string> properties;
  bool create_topic = false;
  std::vector<std::string> allowed_risks;
  std::string partitioner = "crc32";
  std::optional<std::int32_t> partitions;
  std::optional<std::int32_t> replication;
};

/// A store that was named, not yet opened.
class store_flag {
public:
  /// Throws `stop` (usage) with what is wrong.
  explicit store_flag(store_flags flags);

  bool exists() const;

  /// How many partitions it would have if it were made now.
  std::int32_t partition_count() const noexcept {
    return flags_.partitions.value_or(1);
  }

  cerk::partitioner partitioner() const noexcept {
    return partitioner_;
  }

  /// Opens it. Throws `stop` (failed) if it does not exist, and what the provider throws.
  std::unique_ptr<provider> open_existing() const;

  /// The same for who looks for what is wrong with it: a topic is opened whatever its settings.
  std::unique_ptr<provider> open_to_look() const;

  /// What its topic's settings mean for events; nothing for a file.
  std::vector<topic_finding> inspect() const;

  /// Opens it, and makes it if it does not exist; a topic only if that was asked for.
  std::unique_ptr<provider> open_or_make() const;

private:
  [[noreturn]] void refuse(const std::string& why) const;
  kafka_options topic_options() const;
  std::vector<kafka_property> properties() const;

  store_flags flags_;
  bool is_topic_ = false;
  cerk::partitioner partitioner_ = cerk::partitioner::crc32;
  std::string place_; // a path or a topic
};

} // namespace cerk::cli
