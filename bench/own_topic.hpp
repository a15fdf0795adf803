/// A topic of one run: made before it, deleted after it.
#pragma once

#include "named_store.hpp"
#include "raw_kafka.hpp"

#include <unistd.h>

#include <array>

namespace bench {

/// Named after the store's topic and this process. Nobody else's is ever touched: it throws if
/// there is one of that name.
class own_topic {
public:
  explicit own_topic(const named_store& store)
    : options_(store.topic()),
      with_(make_client(RD_KAFKA_PRODUCER,
                        make_config({{"bootstrap.servers", options_.brokers.c_str()}}))) {
    options_.topic += '-' + std::to_string(getpid());
    if (!cerk::create_kafka_topic(options_, store.partitions, 1).value())
      throw std::runtime_error(options_.topic + " exists already");
  }

  own_topic(const own_topic&) = delete;
  own_topic& operator=(const own_topic&) = delete;

  ~own_topic() {
    // One that stays costs disk and nothing else, so no answer is no error.
    const kafka_queue answers{rd_kafka_queue_new(with_.get())};
    std::array topics{rd_kafka_DeleteTopic_new(options_.topic.c_str())};
    rd_kafka_DeleteTopics(with_.get(), topics.data(), topics.size(), nullptr, answers.get());
    rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
    rd_kafka_event_destroy(rd_kafka_queue_poll(answers.get(), 10'000));
  }

  const cerk::kafka_options& options() const noexcept {
    return options_;
  }

private:
  cerk::kafka_options options_;
  kafka_client with_;
};

} // namespace bench
