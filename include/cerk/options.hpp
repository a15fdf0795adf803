/// Every knob of a repository: its unit, its bound, and what a larger value costs.
#pragma once

#include "cerk/error.hpp"

#include <caf/actor_system_config.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace cerk {

namespace detail {

/// Runs before CAF's configuration is made, as CAF 1.x wants it.
struct message_registration {
  message_registration();
};

} // namespace detail

/// CAF's configuration with the settings that measurements ask for: the `sharing` scheduler (the
/// work-stealing queues of CAF 0.17 collapse when other threads feed them), and a mark on CAF's
/// threads by which a blocking call inside an actor is refused. Everything else is CAF's default.
class actor_system_config : private detail::message_registration, public caf::actor_system_config {
public:
  actor_system_config();

  /// Sets the number of scheduler workers; default: one per core, at least 4 (CAF's own rule).
  actor_system_config& workers(std::size_t count);
};

/// Where time and chance come from. Tests and simulations put their own in.
/// Thread: all three are called from any thread.
struct environment {
  /// Wall-clock time, for `create_time` and `context::time`.
  std::function<std::chrono::system_clock::time_point()> system_now;
  /// Time that never goes back, for timeouts and rates.
  std::function<std::chrono::steady_clock::time_point()> steady_now;
  /// 64 random bits, for ids of commands, aggregates and claims.
  std::function<std::uint64_t()> random;

  /// The machine's clocks and a generator seeded from the machine, one per thread.
  static environment of_this_machine();
};

/// What a repository does when another owner claims one of its partitions.
enum class on_fenced : std::uint8_t {
  /// Refuses commands as `fenced` until `repository::take_over`, or for good.
  stay,
  /// Reads on, and claims again after random(0, min(30 s, 50 ms x 2^k)): k counts the fences since
  /// 5 s of undisturbed service, or two believers could keep each other from ever committing.
  reclaim,
};

/// "stay" or "reclaim".
std::string_view to_string(on_fenced what) noexcept;
std::optional<on_fenced> parse_on_fenced(std::string_view text) noexcept;

/// How a partition's restore is going; also the last word on how it went.
struct restore_progress {
  /// `fenced` and `stopped` were serving: what was committed can still be read. From both the way
  /// may lead back to `reading`, see `on_fenced` and `repository::take_over`.
  enum class phase : std::uint8_t {
    waiting,
    reading,
    claiming,
    serving,
    /// Another owner claimed the partition.
    fenced,
    /// The store takes nothing more.
    stopped,
    /// The restore did not succeed.
    failed
  };

  std::int32_t partition = 0;
  phase now = phase::waiting;
  /// First offset read, next offset to read, and where the restore ends.
  std::int64_t start = 0;
  std::int64_t position = 0;
  std::int64_t end = 0;
  /// Events folded into aggregates, records without effect, aggregates that had to be quarantined,
  /// and records that belong to no aggregate (no key) and are no claim.
  std::uint64_t events = 0;
  std::uint64_t voids = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t orphans = 0;
  /// Of all records read: keys, values and headers, decompressed.
  std::uint64_t bytes = 0;
  std::uint64_t aggregates = 0;
  /// Since reading began; stands still once the partition serves.
  double seconds = 0;
  /// Why `now` is `fenced`, `stopped` or `failed`.
  std::string failure;

  /// Over `seconds`; 0 while nothing is known.
  double events_per_second() const noexcept;
  /// Of 1,000,000 bytes.
  double megabytes_per_second() const noexcept;
  /// Seconds to go if the records to the end take as long each as those from the start did;
  /// negative while nothing is known.
  double seconds_left() const noexcept;
};

/// All partitions of a restore as one.
struct restore_summary {
  /// Records of the log: read so far, and to read altogether. Nobody knows `records` before every
  /// partition is open; then it is 0.
  std::uint64_t records_read = 0;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t bytes = 0;
  /// Of the partition that took longest so far.
  double seconds = 0;
  /// Of the partition that has longest to go; negative while one of them does not know.
  double seconds_left = 0;

  double events_per_second() const noexcept;
  double megabytes_per_second() const noexcept;
};

restore_summary summary_of(std::span<const restore_progress> partitions) noexcept;

/// "waiting", "reading", "claiming", "serving", "fenced", "stopped" or "failed".
std::string_view to_string(restore_progress::phase p) noexcept;

/// Settings of one repository.
struct repository_options {
  /// Commands taken and not answered, in the whole repository. Past it a command fails as
  /// `overloaded`, at once. A larger value costs latency under overload and about 1 KiB each.
  std::size_t commands_in_flight_max = 32'768;
  /// The same for one aggregate, so that one hot id cannot take all places.
  std::size_t commands_per_aggregate_max = 16'384;
  /// Bytes of encoded commands and events in flight, in the whole repository.
  std::size_t bytes_in_flight_max = 128 << 20;
  /// A batch to the provider is closed at this many commands or bytes. Larger batches raise
  /// throughput until the store's own cost dominates, and latency with it.
  std::size_t batch_commands_max = 1'024;
  std::size_t batch_bytes_max = 1 << 20;
  /// Largest stored event in bytes; librdkafka refuses messages above 1,000,000.
  std::size_t event_bytes_max = 512 << 10;
  /// How many commands an aggregate remembers for retries. About 48 bytes each, per aggregate.
  std::uint32_t command_ids_max = 32;
  /// How often a command without an expected version is decided again after its append was void.
  std::uint32_t decide_again_max = 3;
  /// When a command has no timeout of its own. Answers come at most 100 ms later than due.
  std::chrono::milliseconds command_timeout{10'000};
  /// How long the destructor waits for commands in flight; then they are answered `stopping` or
  /// `unknown`, as is true of each.
  std::chrono::milliseconds drain_timeout{10'000};
  /// Bytes read from the log and not yet folded, over all partitions; each may exceed its share by
  /// the read under way, and by a command whose events are larger than all of it. Up to 64 MiB of
  /// it are kept for the next reads, until the last partition is read.
  std::size_t restore_bytes_in_flight_max = 256 << 20;
  /// Partitions restored at the same time; 0: as many as the machine has cores. The next one begins
  /// when one is read and folded. More of them share the line above, and the processor's cache.
  std::size_t restore_partitions_max = 0;
  /// Events gathered before they are handed to their aggregates. Larger windows find more events of
  /// one aggregate together, and leave the processor's cache meanwhile. Memory: the line above.
  std::size_t restore_window_events_max = 20'000;
  /// Wait in the constructor until every partition serves, and throw if one cannot. Without it
  /// the constructor returns at once and `repository::progress` tells how it goes.
  bool wait_until_restored = true;
  /// Restore, and never claim: commands fail as `read_only`.
  bool read_only = false;
  cerk::on_fenced on_fenced = cerk::on_fenced::stay;
  /// Written into claims, for people who read the log: for example host and process.
  std::string owner = "cerk";
  /// Called on each change of a partition's phase and about ten times a second while it restores,
  /// from an actor's thread; must not block.
  std::function<void(const restore_progress&)> on_progress{};
  cerk::environment environment = cerk::environment::of_this_machine();
};

} // namespace cerk
