// A topic as a record log, and the provider on it.
#include "cerk/kafka_provider.hpp"

#include "client.hpp"
#include "job_lane.hpp"
#include "log_provider.hpp"
#include "pipeline.hpp"
#include "reader.hpp"
#include "topic.hpp"

#include <deque>

namespace cerk {

namespace {

class topic_log final : public record_log {
public:
  explicit topic_log(kafka_options options)
    : options_(std::move(options)), asking_(kafka::make_consumer(options_)) {
    if (options_.event_bytes_max + kafka::record_overhead_bytes > message_bytes_max())
      throw failure_exception(
        {errc::bad_input, "event_bytes_max is " + std::to_string(options_.event_bytes_max)
                            + ", with key and headers more than librdkafka's message.max.bytes, "
                            + std::to_string(message_bytes_max())});
    const auto shape = kafka::wait_for_topic(asking_.get(), options_, false).value();
    judge(kafka::inspect_settings(asking_.get(), options_, shape).value());
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
      return kafka::open_reader(asking_.get(), options_, partition, from);
    } catch (const failure_exception& e) {
      return e.reason();
    }
  }

  result<offset> end(partition_id partition) override {
    const auto found = kafka::query_watermarks(asking_.get(), options_, partition);
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
        kafka::log(options_, "warning: " + finding.what);
  }

  std::size_t message_bytes_max() const {
    const auto settings = kafka::make_config(options_);
    char text[32];
    std::size_t size = sizeof text;
    if (rd_kafka_conf_get(settings.get(), "message.max.bytes", text, &size) != RD_KAFKA_CONF_OK)
      return 0;
    return std::stoul(text);
  }

  const kafka_options options_;
  kafka::client asking_; // for questions; reads nothing
  provider_info info_;
  std::deque<job_lane> lanes_; // one for each partition, and one for what belongs to none
};

} // namespace

kafka_provider::kafka_provider(kafka_options options) {
  const log_provider_options of_log{.event_bytes_max = options.event_bytes_max,
                                    .close_timeout = options.close_timeout};
  store_ = std::make_unique<log_provider>(std::make_unique<topic_log>(std::move(options)), of_log,
                                          environment::of_this_machine());
}

kafka_provider::~kafka_provider() = default;

const provider_info& kafka_provider::info() const noexcept {
  return store_->info();
}

result<std::unique_ptr<record_reader>> kafka_provider::read(partition_id partition, offset from) {
  return store_->read(partition, from);
}

void kafka_provider::append_claim(partition_id partition, const claim& wanted, claim_done done) {
  store_->append_claim(partition, wanted, std::move(done));
}

void kafka_provider::append(partition_id partition, term owner, std::vector<commit_ptr> commits,
                            append_done done) {
  store_->append(partition, owner, std::move(commits), std::move(done));
}

void kafka_provider::read_aggregate(partition_id partition, std::string aggregate_id, version after,
                                    std::size_t events_max, events_done done) {
  store_->read_aggregate(partition, std::move(aggregate_id), after, events_max, std::move(done));
}

result<void> kafka_provider::append_verbatim(partition_id partition,
                                             const std::vector<record>& records) {
  return store_->append_verbatim(partition, records);
}

void kafka_provider::close() {
  store_->close();
}

} // namespace cerk
