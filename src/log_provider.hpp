/// An event store on a log that appends without conditions: the protocol of docs/record_format.md.
#pragma once

#include "cerk/options.hpp"

#include "owned_term.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace cerk {

/// Settings of a log provider.
struct log_provider_options {
  std::size_t event_bytes_max = 512 << 10;
  /// How long `close` waits for what is under way; then it is unknown.
  std::chrono::milliseconds close_timeout{10'000};
  /// How long `read_aggregate` may take, its wait for others included.
  std::chrono::milliseconds query_timeout{10'000};
};

/// Checks no versions and no command ids: what an owner decides under its claim is right, because
/// nobody else's records take effect meanwhile.
class log_provider final : public provider {
public:
  log_provider(std::unique_ptr<record_log> log, log_provider_options options, environment outside);
  ~log_provider() override;

  const provider_info& info() const noexcept override;
  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override;
  void append_claim(partition_id partition, const claim& wanted, claim_done done) override;
  void append(partition_id partition, term owner, std::vector<commit_ptr> commits,
              append_done done) override;
  void relinquish(partition_id partition, term owner) override;
  /// Scans the partition from its start, one such scan at a time. Past 1,024 that wait it fails as
  /// `overloaded`, after `query_timeout` as `unavailable`.
  void read_aggregate(partition_id partition, std::string aggregate_id, version after,
                      std::size_t events_max, events_done done) override;
  /// In order, but not all or none: the error says how many are stored.
  result<void> append_verbatim(partition_id partition, const std::vector<record>& records) override;
  void close() override;

private:
  std::optional<error> unknown_partition(partition_id partition) const;

  using terms = std::map<std::uint64_t, std::shared_ptr<owned_term>>; // by the claim's id

  void retire(partition_id partition, std::shared_ptr<owned_term> one);

  // Before the log, whose jobs use it.
  std::atomic<std::size_t> queries_{0}; // reads of single aggregates, waiting or under way
  std::unique_ptr<record_log> log_;
  const log_provider_options options_;
  const environment environment_;
  std::mutex mutex_;
  std::vector<terms> partitions_;
  std::vector<std::shared_ptr<owned_term>> retired_; // over, and about to be given up
  std::atomic<bool> closed_{false};
};

} // namespace cerk
