/// The broker that `./dev kafka up` started, and topics of one test each.
#pragma once

#include <cerk/kafka_provider.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

/// A file of its folder.
inline std::string kafka_file(const std::string& name) {
  const char* folder = std::getenv("CERK_KAFKA_DIR");
  return folder != nullptr ? std::string{folder} + '/' + name : name;
}

/// What such a file says; it has one line.
inline std::string kafka_says(const std::string& name) {
  std::string line;
  std::ifstream{kafka_file(name)} >> line;
  if (line.empty())
    throw std::runtime_error("no " + name + ": CERK_KAFKA_DIR names no cluster that is up");
  return line;
}

inline std::string kafka_brokers() {
  return kafka_says("bootstrap");
}

/// A fresh topic; the cluster's folder goes with the cluster.
inline cerk::kafka_options fresh_topic(std::int32_t partitions) {
  static std::atomic<int> count{0};
  cerk::kafka_options options{
    .brokers = kafka_brokers(),
    .topic = "t" + std::to_string(getpid()) + '-' + std::to_string(++count),
    .event_bytes_max = 4'096,
    .on_log = [](std::string_view) {},
  };
  if (!cerk::create_kafka_topic(options, partitions, 1).value())
    throw std::runtime_error(options.topic + " exists already");
  return options;
}
