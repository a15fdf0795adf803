/// One partition under one claim of this process: what was appended, and what became of it.
///
///     append ─► produce ─► reports ─► acknowledger ─► confirmed ─► answers
///                             │            └ gap: read back ─┘
///                             └ failed: renew: fresh pipeline, new claim, read on through it
///
/// The caller sees commits that end; a claim that was renewed is still his.
#pragma once

#include "cerk/options.hpp"

#include "acknowledger.hpp"
#include "record_log.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace cerk {

/// Thread-safe. Callbacks run without its lock, on whichever thread settled them.
/// `abandon` must be called before the last reference goes.
class owned_term : public std::enable_shared_from_this<owned_term> {
public:
  owned_term(record_log& log, partition_id partition, claim wanted, std::size_t event_bytes_max,
             environment outside);

  /// Produces the claim with a fresh pipeline. `done` as in `provider::append_claim`.
  void begin(claim_done done);

  /// As `provider::append`.
  void append(std::vector<commit_ptr> commits, append_done done);

  /// Waits until all that was handed over has ended; false if that took too long.
  bool wait_until_settled(std::chrono::milliseconds at_most) const;

  /// Whether another owner's claim is in effect.
  bool is_over() const;

  /// Ends: what is under way is unknown, what comes after is `stopped` for this reason.
  void abandon(const error& why);

private:
  enum class phase : std::uint8_t {
    claiming,
    serving,
    /// A record is lost: nothing is taken until a newer claim is read.
    renewing,
    /// Another owner's claim is in effect, or the store was closed.
    over,
  };

  // Commits that were handed over together, and are answered together.
  struct flight {
    std::vector<commit_result> results;
    std::size_t open = 0; // commits that have not ended
    append_done done;
  };

  // A commit whose records are in the pipeline.
  struct commit_under_way {
    commit_ptr what;
    std::shared_ptr<flight> in;
    std::size_t index = 0;
    std::uint64_t last_number = 0;
  };

  // To be called without the lock.
  using answers = std::vector<std::shared_ptr<flight>>;
  static void call(const answers& ended);

  // All of these with the lock held.
  std::optional<commit_result> refuse(const commit& c);
  void make_void(const commit& c);
  void produce(const commit& c);
  void settle(answers& out);
  void end_commit(const commit_under_way& which, commit_result how, answers& out);
  void end_all(const commit_result& how, answers& out);
  void read_back_if_needed();
  void begin_renewal();
  void conclude_renewal(answers& out);
  void give_up(const error& why, answers& out);
  bool reads_too_long() const;
  void later(std::chrono::milliseconds delay, void (owned_term::*step)());

  // Steps on the log's thread.
  void claim_step();
  void read_back_step();
  void renewal_read_step();
  result<std::shared_ptr<record_batch>> read_more();
  std::chrono::milliseconds backoff();

  void on_reports(std::uint64_t generation, const std::vector<delivery>& reports);
  result<offset> on_claim_report(const delivery& report);

  record_log& log_;
  const partition_id partition_;
  const std::size_t event_bytes_max_;
  const environment environment_;

  mutable std::mutex mutex_;
  mutable std::condition_variable settled_;
  phase phase_ = phase::claiming;
  commit_result over_; // the answer once it is over
  claim claim_;        // the last one produced
  claim_done claim_done_;
  acknowledger ack_;
  std::deque<commit_under_way> under_way_;
  /// The version at which an aggregate goes on after a void commit: none decided on that commit may
  /// take effect. An entry goes with the next commit that is right.
  std::unordered_map<std::string, version> void_since_;
  std::shared_ptr<log_pipeline> pipeline_;
  std::uint64_t generation_ = 0; // of the pipeline: reports of former ones are not taken
  bool reads_back_ = false;
  bool claim_is_read_ = false;
  std::uint32_t tries_ = 0;
  std::chrono::steady_clock::time_point reading_since_;

  std::unique_ptr<record_reader> reader_; // of the steps only
};

} // namespace cerk
