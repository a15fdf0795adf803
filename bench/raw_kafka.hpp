/// The floor under a topic: librdkafka with cerk's settings, and nothing of cerk.
#pragma once

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bench {

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* handle) const noexcept {
    Destroy(handle);
  }
};

using kafka_config = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using kafka_client = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;
using kafka_queue = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using kafka_headers = std::unique_ptr<rd_kafka_headers_t, destroyer<rd_kafka_headers_destroy>>;
using kafka_topic = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;

inline kafka_config
make_config(std::initializer_list<std::pair<const char*, const char*>> settings) {
  kafka_config made{rd_kafka_conf_new()};
  char why[512];
  for (const auto& [key, value] : settings)
    if (rd_kafka_conf_set(made.get(), key, value, why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(why);
  return made;
}

inline kafka_client make_client(rd_kafka_type_t kind, kafka_config from) {
  char why[512];
  kafka_client made{rd_kafka_new(kind, from.get(), why, sizeof why)};
  if (!made)
    throw std::runtime_error(why);
  [[maybe_unused]] auto* const given = from.release(); // it has become the client's
  return made;
}

/// One idempotent producer that remembers how long each record was on its way. One thread hands
/// records over and takes the reports.
class raw_producer {
public:
  using clock = std::chrono::steady_clock;

  raw_producer(const std::string& brokers, const std::string& topic) {
    auto settings = make_config({{"bootstrap.servers", brokers.c_str()},
                                 {"enable.idempotence", "true"},
                                 {"message.timeout.ms", "30000"},
                                 {"linger.ms", "0"},
                                 {"socket.nagle.disable", "true"},
                                 {"queue.buffering.max.messages", "1000000"},
                                 {"queue.buffering.max.kbytes", "2097151"}});
    rd_kafka_conf_set_opaque(settings.get(), this);
    rd_kafka_conf_set_dr_msg_cb(settings.get(),
                                [](rd_kafka_t*, const rd_kafka_message_t* m, void* producer) {
                                  static_cast<raw_producer*>(producer)->on_report(*m);
                                });
    client_ = make_client(RD_KAFKA_PRODUCER, std::move(settings));
    topic_.reset(rd_kafka_topic_new(client_.get(), topic.c_str(), nullptr));
    if (!topic_)
      throw std::runtime_error(topic + " is no name of a topic");
  }

  raw_producer(const raw_producer&) = delete;
  raw_producer& operator=(const raw_producer&) = delete;

  /// Hands one record with one header over; copies all of it. `begun`: when its way began.
  void produce(std::int32_t partition, std::string_view key, std::string_view value,
               std::string_view header, clock::time_point begun) {
    kafka_headers headers{rd_kafka_headers_new(1)};
    rd_kafka_header_add(headers.get(), "cerk", -1, header.data(),
                        static_cast<ssize_t>(header.size()));
    const auto bytes = [](std::string_view text) {
      return rd_kafka_vu_t{.u = {.mem = {const_cast<char*>(text.data()), text.size()}}}.u;
    };
    std::array<rd_kafka_vu_t, 7> parts{};
    parts[0] = {.vtype = RD_KAFKA_VTYPE_RKT, .u = {.rkt = topic_.get()}};
    parts[1] = {.vtype = RD_KAFKA_VTYPE_PARTITION, .u = {.i32 = partition}};
    parts[2] = {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u = {.i = RD_KAFKA_MSG_F_COPY}};
    parts[3] = {.vtype = RD_KAFKA_VTYPE_KEY, .u = bytes(key)};
    parts[4] = {.vtype = RD_KAFKA_VTYPE_VALUE, .u = bytes(value)};
    parts[5] = {.vtype = RD_KAFKA_VTYPE_HEADERS, .u = {.headers = headers.get()}};
    parts[6] = {.vtype = RD_KAFKA_VTYPE_OPAQUE,
                .u = {.ptr = std::bit_cast<void*>(begun.time_since_epoch().count())}};
    if (auto* refused = rd_kafka_produceva(client_.get(), parts.data(), parts.size());
        refused != nullptr) {
      const std::string why = rd_kafka_error_string(refused);
      rd_kafka_error_destroy(refused);
      throw std::runtime_error(why);
    }
    [[maybe_unused]] auto* const given = headers.release(); // they have become the message's
    ++under_way_;
  }

  /// Waits until reports come and takes those that are there.
  void take_reports() {
    rd_kafka_poll(client_.get(), 1'000);
    if (failure_ != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error(rd_kafka_err2str(failure_));
  }

  std::size_t under_way() const noexcept {
    return under_way_;
  }

  /// Of each delivered record since the last call, in microseconds.
  std::vector<double> latencies() {
    return std::exchange(latencies_, {});
  }

private:
  void on_report(const rd_kafka_message_t& m) {
    --under_way_;
    if (m.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      failure_ = m.err;
    const clock::time_point begun{clock::duration{std::bit_cast<clock::rep>(m._private)}};
    latencies_.push_back(std::chrono::duration<double, std::micro>(clock::now() - begun).count());
  }

  std::vector<double> latencies_;
  std::size_t under_way_ = 0;
  rd_kafka_resp_err_t failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
  kafka_client client_;
  kafka_topic topic_;
};

/// Reads a topic from its start to its present end on one thread, with as many consumers as cerk
/// has: one for each partition.
class raw_topic {
public:
  /// The topic's end is where it is now. `bytes_in_flight_max`: fetched and not yet taken, over all
  /// partitions; each may exceed its share by the fetch under way.
  raw_topic(std::string brokers, std::string topic, std::size_t bytes_in_flight_max)
    : brokers_(std::move(brokers)), topic_(std::move(topic)) {
    const auto asking = make_consumer();
    readers_.resize(partition_count(asking.get()));
    queued_kbytes_ = std::to_string(
      std::clamp<std::size_t>(bytes_in_flight_max / 1024 / readers_.size(), 1, 2'097'151));
    for (std::size_t i = 0; i < readers_.size(); ++i)
      check(rd_kafka_query_watermark_offsets(asking.get(), topic_.c_str(), number_of(i),
                                             &readers_[i].position, &readers_[i].end, timeout_ms));
  }

  raw_topic(const raw_topic&) = delete;
  raw_topic& operator=(const raw_topic&) = delete;

  /// Calls `see(key, value)` for each record with a key, in the order of each partition; returns
  /// how many. Called once: the consumers live on, so that ending them is no part of reading.
  template <class F>
  std::uint64_t select(F&& see) {
    for (std::size_t i = 0; i < readers_.size(); ++i)
      open(readers_[i], number_of(i));
    std::uint64_t count = 0;
    std::array<rd_kafka_message_t*, 512> batch{};
    for (bool unread = true; unread;) {
      unread = false;
      bool came = false;
      for (auto& from : readers_) {
        const auto got
          = from.position < from.end
              ? rd_kafka_consume_batch_queue(from.queue.get(), 0, batch.data(), batch.size())
              : 0;
        for (ssize_t i = 0; i < got; ++i) {
          const kafka_message m{batch[static_cast<std::size_t>(i)]};
          if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            continue;
          check(m->err);
          from.position = m->offset + 1;
          if (m->key == nullptr)
            continue;
          see(std::string_view{static_cast<const char*>(m->key), m->key_len},
              std::string_view{static_cast<const char*>(m->payload), m->len});
          ++count;
        }
        came = came || got > 0;
        unread = unread || from.position < from.end;
      }
      if (unread && !came)
        static_cast<void>(something_came_.try_acquire_for(std::chrono::milliseconds{timeout_ms}));
    }
    return count;
  }

private:
  using kafka_message = std::unique_ptr<rd_kafka_message_t, destroyer<rd_kafka_message_destroy>>;
  using kafka_metadata
    = std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>>;
  using topic_list = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                     destroyer<rd_kafka_topic_partition_list_destroy>>;

  static constexpr int timeout_ms = 10'000;

  struct reader {
    kafka_client consumer;
    kafka_queue queue;
    std::int64_t position = 0;
    std::int64_t end = 0;
  };

  static std::int32_t number_of(std::size_t reader) {
    return static_cast<std::int32_t>(reader);
  }

  void check(rd_kafka_resp_err_t code) const {
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error(topic_ + ": " + rd_kafka_err2str(code));
  }

  kafka_client make_consumer() const {
    auto made = make_client(RD_KAFKA_CONSUMER,
                            make_config({{"bootstrap.servers", brokers_.c_str()},
                                         {"group.id", "bench"}, // needed, never joined
                                         {"enable.auto.commit", "false"},
                                         {"enable.auto.offset.store", "false"},
                                         {"auto.offset.reset", "error"},
                                         {"enable.partition.eof", "true"},
                                         // Bytes are the bound, and nothing else.
                                         {"queued.min.messages", "10000000"},
                                         {"queued.max.messages.kbytes", queued_kbytes_.c_str()},
                                         {"isolation.level", "read_uncommitted"}}));
    rd_kafka_poll_set_consumer(made.get());
    return made;
  }

  std::size_t partition_count(rd_kafka_t* asking) const {
    const kafka_topic topic{rd_kafka_topic_new(asking, topic_.c_str(), nullptr)};
    const struct rd_kafka_metadata* answer = nullptr;
    check(rd_kafka_metadata(asking, 0, topic.get(), &answer, timeout_ms));
    const kafka_metadata owner{answer};
    check(answer->topics[0].err);
    return static_cast<std::size_t>(answer->topics[0].partition_cnt);
  }

  void open(reader& one, std::int32_t partition) {
    one.consumer = make_consumer();
    one.queue.reset(rd_kafka_queue_get_consumer(one.consumer.get()));
    rd_kafka_queue_cb_event_enable(
      one.queue.get(),
      [](rd_kafka_t*, void* came) { static_cast<std::counting_semaphore<>*>(came)->release(); },
      &something_came_);
    const topic_list places{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(places.get(), topic_.c_str(), partition)->offset
      = one.position;
    check(rd_kafka_assign(one.consumer.get(), places.get()));
  }

  const std::string brokers_;
  const std::string topic_;
  std::string queued_kbytes_ = "1";
  std::counting_semaphore<> something_came_{0}; // outlives the consumers, which release it
  std::vector<reader> readers_;
};

} // namespace bench
