/// What `--store` and its companions name: a SQLite file, or a topic and its brokers.
#pragma once

#include <cerk/kafka_provider.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <string>

namespace bench {

struct named_store {
  std::string store;
  std::string brokers;
  std::int32_t partitions = 8;

  void add_to(CLI::App& app, const std::string& what_happens_to_it) {
    app.add_option("--store", store, "sqlite:PATH or kafka:TOPIC; " + what_happens_to_it)
      ->required();
    app.add_option("-b,--brokers", brokers, "brokers of a topic: HOST:PORT, commas between");
    app.add_option("--partitions", partitions, "partitions of a topic that is made")
      ->check(CLI::PositiveNumber);
  }

  /// What is wrong with the flags; empty if nothing is.
  std::string mistake() const {
    if (!store.starts_with("sqlite:") && !is_topic())
      return "--store: expected sqlite:PATH or kafka:TOPIC, got '" + store + "'";
    if (place().empty())
      return "--store: '" + store + "' names no file and no topic";
    if (is_topic() && brokers.empty())
      return "--store " + store + ": a topic needs its brokers: -b HOST:PORT";
    return {};
  }

  bool is_topic() const {
    return store.starts_with("kafka:");
  }

  /// A path, or a topic's name.
  std::string place() const {
    return store.substr(store.find(':') + 1);
  }

  cerk::kafka_options topic() const {
    return {.brokers = brokers, .topic = place()};
  }
};

} // namespace bench
