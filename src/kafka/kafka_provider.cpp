// The provider on a topic's log.
#include "cerk/kafka_provider.hpp"

#include "log_provider.hpp"
#include "topic_log.hpp"

namespace cerk {

kafka_provider::kafka_provider(kafka_options options) {
  const log_provider_options of_log{.event_bytes_max = options.event_bytes_max,
                                    .close_timeout = options.close_timeout};
  store_ = std::make_unique<log_provider>(kafka::open_topic_log(std::move(options)), of_log,
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

void kafka_provider::relinquish(partition_id partition, term owner) {
  store_->relinquish(partition, owner);
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
