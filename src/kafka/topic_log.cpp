// The calls of a record log, each by way of librdkafka.
#include "topic_log.hpp"

#include "client.hpp"
#include "job_lane.hpp"
#include "pipeline.hpp"
#include "reader.hpp"
#include "topic.hpp"

#include <deque>
#include <memory>
#include <mutex>

namespace cerk::kafka {

namespace {

class topic_log final : public record_log {
public:
  explicit topic_log(kafka_options options)
    : options_(std::move(options)), asking_(make_consumer(options_)) {
    if (options_.event_bytes_max + record_overhead_bytes > message_bytes_max())
      throw failure_exception(
        {errc::bad_input, "event_bytes_max is " + std::to_string(options_.event_bytes_max)
                            + ", with key and headers more than librdkafka's message.max.bytes, "
                            + std::to_string(message_bytes_max())});
    const auto shape = wait_for_topic(asking_.get(), options_, false).value();
    judge(inspect_settings(asking_.get(), options_, shape).value());
    info_ = {.name = "kafka:" + options_.topic,
             .partition_count = shape.partitions,
             .partitioner = options_.partitioner,
             .checks_placement = !options_.allows(topic_risk::placement),
             // librdkafka lets five messages of an idempotent producer be under way in a partition
             // and asks in circles whether there is room for more: with a second batch behind the
             // first one that costs more than it brings (bench/README.md).
             .flights_max = 1,
             .checks_versions = false,
             .reading_blocks = true};
    for (std::int32_t i = 0; i <= info_.partition_count; ++i)
      lanes_.emplace_back();
  }

  ~topic_log() override {
    close();
  }

  const provider_info& info() const noexcept override {
    return info_;
  }

  result<std::unique_ptr<log_pipeline>> open_pipeline(partition_id partition,
                                                      on_deliveries done) override {
    try {
      return kafka::open_pipeline(options_, partition, std::move(done));
    } catch (const failure_exception& e) {
      return e.reason();
    }
  }

  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override {
    try {
      return open_reader(asking_.get(), options_, partition, from, shared_pool());
    } catch (const failure_exception& e) {
      return e.reason();
    }
  }

  result<offset> end(partition_id partition) override {
    const auto found = query_watermarks(asking_.get(), options_, partition);
    if (!found)
      return found.error();
    return found->high;
  }

  void run(partition_id partition, std::chrono::milliseconds delay,
           std::function<void()> job) override {
    lanes_.at(static_cast<std::size_t>(partition.value)).add(delay, std::move(job));
  }

  void close() override {
    for (auto& lane : lanes_)
      lane.close();
  }

private:
  // Throws at what is refused; the rest is for the log.
  void judge(const std::vector<topic_finding>& findings) const {
    for (const auto& finding : findings)
      if (finding.risk && !options_.allows(*finding.risk))
        throw failure_exception({errc::store_unusable, finding.what + " (--allow-unsafe-topic "
                                                         + std::string{to_string(*finding.risk)}
                                                         + " opens it as it is)"});
      else
        log(options_, "warning: " + finding.what);
  }

  // What one partition's reader has done with, the next one's fills: theirs as long as there is
  // one.
  std::shared_ptr<batch_pool> shared_pool() {
    const std::lock_guard lock{pool_mutex_};
    auto pool = pool_.lock();
    if (!pool)
      pool_ = pool = make_batch_pool();
    return pool;
  }

  std::size_t message_bytes_max() const {
    const auto settings = make_config(options_);
    char text[32];
    std::size_t size = sizeof text;
    if (rd_kafka_conf_get(settings.get(), "message.max.bytes", text, &size) != RD_KAFKA_CONF_OK)
      return 0;
    return std::stoul(text);
  }

  const kafka_options options_;
  client asking_; // for questions; reads nothing
  provider_info info_;
  std::mutex pool_mutex_;
  std::weak_ptr<batch_pool> pool_;
  std::deque<job_lane> lanes_; // one for each partition, and one for what belongs to none
};

} // namespace

std::unique_ptr<record_log> open_topic_log(kafka_options options) {
  return std::make_unique<topic_log>(std::move(options));
}

} // namespace cerk::kafka
