// From librdkafka's messages to batches.
#include "reader.hpp"

#include <algorithm>
#include <array>
#include <climits>
#include <thread>

namespace cerk::kafka {

namespace {

class reader final : public record_reader {
public:
  reader(const kafka_options& options, partition_id partition, offset from, offset end,
         std::shared_ptr<batch_pool> pool)
    : options_(options), partition_(partition), position_(from), end_(end), pool_(std::move(pool)) {
    assign();
  }

  ~reader() override {
    rd_kafka_assign(consumer_.get(), nullptr);
  }

  result<std::shared_ptr<record_batch>> next(std::size_t bytes_max,
                                             std::chrono::milliseconds wait_max) override {
    if (failed_) {
      // librdkafka says some errors once and reads on behind the hole: begin anew where it was.
      auto why = *std::exchange(failed_, std::nullopt);
      try {
        assign();
      } catch (const failure_exception& e) {
        failed_ = e.reason();
      }
      return why;
    }
    auto batch = std::make_shared<record_batch>(bytes_max, pool_);
    std::size_t bytes = 0;
    const auto wait_ms = static_cast<int>(std::clamp<std::int64_t>(wait_max.count(), 0, INT_MAX));
    message first{rd_kafka_consumer_poll(consumer_.get(), 0)};
    if (!first && wait_ms > 0) {
      wake_fetcher();
      first.reset(rd_kafka_consumer_poll(consumer_.get(), wait_ms));
    }
    if (first)
      bytes += take(*first, *batch);
    // What else is here already; the bound is looked at between portions.
    std::array<rd_kafka_message_t*, 512> more{};
    while (bytes > 0 && bytes < bytes_max && !failed_) {
      const auto count = rd_kafka_consume_batch_queue(queue_.get(), 0, more.data(), more.size());
      for (ssize_t i = 0; i < count; ++i) {
        const message one{more[static_cast<std::size_t>(i)]};
        bytes += take(*one, *batch);
      }
      if (count <= 0)
        break;
    }
    if (failed_ && batch->records().empty())
      return next(bytes_max, wait_max);
    may_sleep_ = may_sleep_ || bytes > 0;
    const auto now = std::chrono::steady_clock::now();
    if (bytes > 0 || position_ >= end_)
      heard_ = now;
    // librdkafka waits for a broker that is away without a word, though records are known to be
    // there.
    if (now - heard_ >= options_.request_timeout)
      return to_error(RD_KAFKA_RESP_ERR__TIMED_OUT, consumer_.get(), doing());
    return batch;
  }

  offset position() const noexcept override {
    return position_;
  }

  offset end() const noexcept override {
    return end_;
  }

private:
  // Throws `failure_exception`.
  void assign() {
    queue_ = nullptr;
    consumer_ = make_consumer(options_, partition_);
    queue_.reset(rd_kafka_queue_get_consumer(consumer_.get()));
    const topic_list places{rd_kafka_topic_partition_list_new(1)};
    rd_kafka_topic_partition_list_add(places.get(), options_.topic.c_str(), partition_.value)
      ->offset
      = position_.value;
    if (const auto code = rd_kafka_assign(consumer_.get(), places.get());
        code != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw failure_exception(to_error(code, options_, "assigning a partition"));
  }

  // Before 2.2.0 librdkafka's thread sleeps for up to a second once it has seen a full queue,
  // though the queue may be empty by now. A question to the leader goes by way of that thread. The
  // answer is of no use, and comes before what is fetched.
  void wake_fetcher() {
    if (has_fetch_backoff() || position_ >= end_ || !std::exchange(may_sleep_, false))
      return;
    std::int64_t low = 0;
    std::int64_t high = 0;
    rd_kafka_query_watermark_offsets(consumer_.get(), options_.topic.c_str(), partition_.value,
                                     &low, &high, static_cast<int>(wake_max.count()));
  }

  // Returns the bytes taken. Nothing is taken behind an error.
  std::size_t take(const rd_kafka_message_t& m, record_batch& to) {
    if (failed_)
      return 0;
    switch (m.err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        add(m, to);
        position_ = {m.offset + 1};
        return m.len + m.key_len + 128;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        // Markers of transactions, if there are any, take offsets and are no records.
        position_ = std::max(position_, offset{m.offset});
        return 0;
      case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
        return 0; // it never joins its group
      default:
        failed_ = to_error(m.err, consumer_.get(), doing());
        return 0;
    }
  }

  std::string doing() const {
    return "reading partition " + std::to_string(partition_.value) + " at offset "
           + std::to_string(position_.value);
  }

  void add(const rd_kafka_message_t& m, record_batch& to) {
    const auto view = [](const void* bytes, std::size_t size) {
      return bytes != nullptr
               ? std::optional{std::string_view{static_cast<const char*>(bytes), size}}
               : std::nullopt;
    };
    std::string_view packed;
    others_.clear();
    rd_kafka_headers_t* all = nullptr;
    if (rd_kafka_message_headers(&m, &all) == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* name = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      for (std::size_t i = 0;
           rd_kafka_header_get_all(all, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
           ++i) {
        const auto bytes = view(value, size).value_or(std::string_view{});
        // The first is ours; a second one is nobody's that we know.
        if (packed.empty() && name == record_header_name)
          packed = bytes;
        else
          others_.emplace_back(name, bytes);
      }
    }
    to.add({m.offset}, std::max<std::int64_t>(rd_kafka_message_timestamp(&m, nullptr), 0),
           view(m.key, m.key_len), view(m.payload, m.len), packed,
           others_.empty() ? std::string{} : pack_headers(others_));
  }

  static constexpr std::chrono::milliseconds wake_max{100};

  const kafka_options& options_;
  client consumer_;
  queue queue_;
  bool may_sleep_ = false; // librdkafka's thread: something was taken since it was asked

  partition_id partition_;
  offset position_;
  offset end_;
  std::optional<error> failed_; // to be told by the next call
  std::chrono::steady_clock::time_point heard_ = std::chrono::steady_clock::now();
  std::shared_ptr<batch_pool> pool_;
  std::vector<std::pair<std::string, std::string>> others_;
};

} // namespace

result<watermarks> query_watermarks(rd_kafka_t* with, const kafka_options& options,
                                    partition_id partition) {
  using clock = std::chrono::steady_clock;
  const auto until = clock::now() + options.request_timeout;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - clock::now());
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code
      = rd_kafka_query_watermark_offsets(with, options.topic.c_str(), partition.value, &low, &high,
                                         static_cast<int>(std::max<std::int64_t>(left.count(), 1)));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
      return watermarks{{low}, {high}};
    // librdkafka asks the leader it knows, and only once.
    const bool leader_moves = code == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION
                              || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE
                              || code == RD_KAFKA_RESP_ERR__TRANSPORT;
    if (!leader_moves || clock::now() >= until)
      return to_error(code, with,
                      "asking for the end of partition " + std::to_string(partition.value));
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
}

std::string deleted(const kafka_options& options, partition_id partition, offset low) {
  return "kafka:" + options.topic + ": partition " + std::to_string(partition.value)
         + " begins at offset " + std::to_string(low.value)
         + ": the records before it were deleted, and with them history; restore the topic from a "
           "backup, and set retention.ms=-1 and retention.bytes=-1";
}

result<std::unique_ptr<record_reader>> open_reader(rd_kafka_t* asking, const kafka_options& options,
                                                   partition_id partition, offset from,
                                                   std::shared_ptr<batch_pool> pool) {
  const auto found = query_watermarks(asking, options, partition);
  if (!found)
    return found.error();
  if (from < found->low && !options.allows(topic_risk::deleted))
    return error{errc::store_unusable, deleted(options, partition, found->low)};
  from = std::max(from, found->low);
  if (from > found->high)
    return error{errc::store_unusable, "kafka:" + options.topic + ": partition "
                                         + std::to_string(partition.value) + " ends at offset "
                                         + std::to_string(found->high.value) + ", before offset "
                                         + std::to_string(from.value)};
  return std::unique_ptr<record_reader>{
    std::make_unique<reader>(options, partition, from, found->high, std::move(pool))};
}

} // namespace cerk::kafka
