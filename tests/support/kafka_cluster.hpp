/// The broker that `./dev kafka up` started, and topics of one test each.
#pragma once

#include <cerk/kafka_provider.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>

inline std::string kafka_brokers() {
  const char* folder = std::getenv("CERK_KAFKA_DIR");
  std::string address;
  if (folder != nullptr)
    std::ifstream{std::string{folder} + "/bootstrap"} >> address;
  if (address.empty())
    throw std::runtime_error("no broker: CERK_KAFKA_DIR names no cluster that is up");
  return address;
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
