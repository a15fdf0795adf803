// From records to librdkafka, and from its delivery reports back, a batch at a time.
#include "pipeline.hpp"

#include <array>
#include <bit>

namespace cerk::kafka {

namespace {

// Above whatever cerk has under way, so that a record that is not taken is a fault.
constexpr const char* queue_messages = "1000000";
constexpr const char* queue_kbytes = "2097151";

class pipeline final : public log_pipeline {
public:
  pipeline(const kafka_options& options, partition_id partition, on_deliveries done)
    : options_(options), partition_(partition), done_(std::move(done)) {
    auto settings = make_config(options, partition);
    set(settings.get(), "enable.idempotence", "true");
    set(settings.get(), "message.timeout.ms", std::to_string(options.delivery_timeout.count()));
    set(settings.get(), "linger.ms", "0");
    set(settings.get(), "socket.nagle.disable", "true");
    set(settings.get(), "queue.buffering.max.messages", queue_messages);
    set(settings.get(), "queue.buffering.max.kbytes", queue_kbytes);
    rd_kafka_conf_set_events(settings.get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    rd_kafka_conf_set_background_event_cb(
      settings.get(), [](rd_kafka_t* of, rd_kafka_event_t* event, void*) { dispatch(of, event); });
    producer_ = make_client(RD_KAFKA_PRODUCER, std::move(settings));
    // A fresh one would forget the timeout, which is a topic's property.
    auto* of_topic = rd_kafka_default_topic_conf_dup(producer_.get());
    rd_kafka_topic_conf_set_opaque(of_topic, this);
    topic_.reset(rd_kafka_topic_new(producer_.get(), options.topic.c_str(), of_topic));
    if (!topic_)
      throw failure_exception(to_error(rd_kafka_last_error(), options, "opening"));
  }

  ~pipeline() override {
    // What is given up here may land all the same; a newer claim makes it void.
    rd_kafka_purge(producer_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT
                                      | RD_KAFKA_PURGE_F_NON_BLOCKING);
    topic_ = nullptr;
    producer_ = nullptr; // waits for the thread of the reports
  }

  bool produce(const outgoing_record& r, std::uint64_t token) override {
    headers all;
    if (!r.header.empty() || !r.headers.empty()) {
      all.reset(rd_kafka_headers_new(1 + r.headers.size()));
      const auto add = [&](std::string_view name, std::string_view value) {
        return rd_kafka_header_add(all.get(), name.data(), static_cast<ssize_t>(name.size()),
                                   value.empty() ? "" : value.data(),
                                   static_cast<ssize_t>(value.size()))
               == RD_KAFKA_RESP_ERR_NO_ERROR;
      };
      if (!r.header.empty() && !add(record_header_name, r.header))
        return false;
      for (const auto& [name, value] : r.headers)
        if (!add(name, value))
          return false;
    }
    // An empty text is not a missing one.
    const auto bytes = [](const std::optional<std::string_view>& text) {
      return const_cast<char*>(!text ? nullptr : text->empty() ? "" : text->data());
    };
    std::array<rd_kafka_vu_t, 8> parts{};
    std::size_t count = 0;
    const auto part = [&](rd_kafka_vtype_t kind) -> rd_kafka_vu_t& {
      parts[count].vtype = kind;
      return parts[count++];
    };
    part(RD_KAFKA_VTYPE_RKT).u.rkt = topic_.get();
    part(RD_KAFKA_VTYPE_PARTITION).u.i32 = partition_.value;
    part(RD_KAFKA_VTYPE_MSGFLAGS).u.i = RD_KAFKA_MSG_F_COPY;
    part(RD_KAFKA_VTYPE_VALUE).u.mem = {bytes(r.value), r.value ? r.value->size() : 0};
    part(RD_KAFKA_VTYPE_KEY).u.mem = {bytes(r.key), r.key ? r.key->size() : 0};
    part(RD_KAFKA_VTYPE_TIMESTAMP).u.i64 = r.timestamp_ms;
    part(RD_KAFKA_VTYPE_OPAQUE).u.ptr = std::bit_cast<void*>(token);
    if (all)
      part(RD_KAFKA_VTYPE_HEADERS).u.headers = all.get();
    rd_kafka_error_t* refused = rd_kafka_produceva(producer_.get(), parts.data(), count);
    if (refused == nullptr) {
      [[maybe_unused]] auto* const given = all.release(); // they have become the message's
      return true;
    }
    log(options_, witness_of(producer_.get()).where()
                    + ": error: a record was not taken: " + rd_kafka_error_string(refused));
    rd_kafka_error_destroy(refused);
    return false;
  }

private:
  // The opaque value of the topic is the pipeline.
  static void dispatch(rd_kafka_t* of, rd_kafka_event_t* event) {
    witness_of(of).take(event);
    if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
      std::vector<delivery> reports;
      reports.reserve(rd_kafka_event_message_count(event));
      pipeline* self = nullptr;
      while (const auto* m = rd_kafka_event_message_next(event)) {
        self = static_cast<pipeline*>(rd_kafka_topic_opaque(m->rkt));
        const bool stored = m->err == RD_KAFKA_RESP_ERR_NO_ERROR;
        reports.push_back({.token = std::bit_cast<std::uint64_t>(m->_private),
                           .stored = stored,
                           .at = stored && m->offset >= 0 ? offset{m->offset} : no_offset,
                           .failure = stored ? "" : explain(m->err, of).what});
      }
      if (self != nullptr)
        self->done_(std::move(reports));
    }
    rd_kafka_event_destroy(event);
  }

  const kafka_options& options_;
  partition_id partition_;
  on_deliveries done_;
  client producer_;
  topic_handle topic_;
};

} // namespace

std::unique_ptr<log_pipeline> open_pipeline(const kafka_options& options, partition_id partition,
                                            on_deliveries done) {
  return std::make_unique<pipeline>(options, partition, std::move(done));
}

} // namespace cerk::kafka
