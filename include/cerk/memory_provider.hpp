/// A provider without disk or network, with faults to order: for tests.
#pragma once

#include "cerk/provider.hpp"

#include <memory>

namespace cerk {

/// What to do with the next append, and only that one.
enum class append_fault : std::uint8_t {
  none,
  /// Written, but answered `unknown`; the term ends.
  lose_acknowledgement,
  /// Not written, answered `unknown`; the term ends.
  crash_before_write,
  /// Not written now but by the next `land_late`, answered `unknown`; the term ends.
  late_landing,
  /// Not written, answered `refused`.
  refuse,
};

/// Settings of a memory provider.
struct memory_options {
  std::int32_t partitions = 4;
  cerk::partitioner partitioner = cerk::partitioner::crc32;
  std::size_t flights_max = 4;
  /// Largest event in bytes.
  std::size_t event_bytes_max = 512 << 10;
  /// Hold answers to appends back until `release`, to order delays by hand.
  bool hold_answers = false;
};

/// The log in memory. Appends take effect inside the call; answers come inside the call, too,
/// unless held. The log outlives its repositories, so a "restart" is a second repository.
class memory_provider final : public provider {
public:
  explicit memory_provider(memory_options options = {});
  ~memory_provider() override;

  const provider_info& info() const noexcept override;
  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override;
  void append_claim(partition_id partition, const claim& wanted, claim_done done) override;
  void append(partition_id partition, term owner, std::vector<commit_ptr> commits,
              append_done done) override;
  void read_aggregate(partition_id partition, std::string aggregate_id, version after,
                      std::size_t events_max, events_done done) override;
  result<void> append_verbatim(partition_id partition, const std::vector<record>& records) override;
  void close() override;

  /// Orders a fault for the next append to `partition`.
  void inject(partition_id partition, append_fault fault);
  /// Writes what `late_landing` kept back; it is void by then if somebody else claimed.
  void land_late(partition_id partition);
  /// Delivers answers held back, oldest first, at most `count`; returns how many were.
  std::size_t release(std::size_t count = SIZE_MAX);
  /// Answers held back at present.
  std::size_t held() const;
  /// Fails the next `count` reads of any partition with `unavailable`.
  void fail_reads(std::size_t count);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cerk
