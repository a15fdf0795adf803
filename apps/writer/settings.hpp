/// What the service can be told, by flag, environment, file or not at all; the earlier wins.
///
/// One table in settings.cpp has every setting with its name, default and bounds. A flag `--store`
/// is `CERK_STORE` in the environment and `store = "..."` in the TOML file. librdkafka's properties
/// are flags `-X KEY=VALUE` or keys of the file's table `[kafka]`.
#pragma once

#include <cerk/error.hpp>
#include <cerk/kafka_provider.hpp>
#include <cerk/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace writer {

/// A store in a SQLite file.
struct sqlite_store {
  std::string path;
};

/// A store that ends with the process.
struct memory_store {};

/// A store in a Kafka topic; where and how is in `kafka_settings`.
struct kafka_store {
  std::string topic;
};

using store_setting = std::variant<sqlite_store, memory_store, kafka_store>;

/// What a Kafka store wants to know beside its topic.
struct kafka_settings {
  std::string brokers;
  /// librdkafka's: of the file's `[kafka]`, then of `-X`. Of two with one meaning the later counts.
  std::vector<std::pair<std::string, std::string>> properties;
  bool create_topic = false;
  std::optional<std::int32_t> partitions;
  std::optional<std::int32_t> replication;
  cerk::partitioner partitioner = cerk::partitioner::crc32;
  std::vector<cerk::topic_risk> allowed_risks;
  /// How long a record may be on its way before the partition is claimed again.
  std::chrono::milliseconds delivery_timeout{30'000};
};

/// Every setting with its default.
struct settings {
  store_setting store = sqlite_store{"cerk-users.db"};
  kafka_settings kafka;
  cerk::on_fenced on_fenced = cerk::on_fenced::stay;
  std::string host = "127.0.0.1";
  /// 0: any free one.
  std::uint16_t port = 4000;
  /// Where the actual address is written once the store is open; empty: nowhere.
  std::string port_file;
  std::chrono::milliseconds command_timeout{10'000};
  std::chrono::milliseconds drain_timeout{10'000};
  std::size_t restore_memory_bytes = 256 << 20;
  /// Scheduler workers; 0: CAF's own rule (one per core, at least 4).
  std::size_t workers = 0;
  /// Connections at once; a further one is answered 503 and closed.
  std::size_t connections_max = 10'000;
};

/// What the command line asks for instead of a service.
struct just_print {
  std::string text;
};

/// The value of an environment variable; nullptr if it is not set.
using environment_lookup = std::function<const char*(const char* name)>;

/// Reads flags, then the environment, then the file that either of them names.
/// Errors: `bad_input`, with the flag, variable or file:line that is wrong.
cerk::result<std::variant<settings, just_print>>
read_settings(int argc, const char* const* argv, const environment_lookup& environment);

/// `sqlite:PATH`, `kafka:TOPIC` or `memory:`. Errors: `bad_input`.
cerk::result<store_setting> parse_store(std::string_view text);

} // namespace writer
