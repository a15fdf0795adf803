/// The actor that restores a partition and makes it ours: read, fold, hand out, claim, serve.
#pragma once

#include "fold.hpp"
#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>
#include <deque>
#include <vector>

namespace cerk {

/// One per partition. Phases, in order:
///
///     waiting ─► reading ─► claiming ─► serving ─► fenced | stopped
///                 │ ▲           │                        │
///                 │ └───────────│──────── take over ─────┘
///                 └─────────────┴──► failed
///
/// reading: batches come in, the fold says which records take effect, windows of them go to their
/// aggregates by way of their dealers. claiming: the log's end is reached and everything is folded;
/// a claim is appended and read back; what the former owner wrote before it is folded on the way.
/// serving: commands go. Taking over reads on where claiming ended: the aggregates are alive by
/// then, and pass over what they know.
class replay_actor : public caf::event_based_actor {
public:
  replay_actor(caf::actor_config& config, partition_ptr home);

  caf::behavior make_behavior() override;
  void on_exit() override;

  /// How long reads may go on failing before the restore does.
  static constexpr std::chrono::seconds failing_max{30};
  /// With `on_fenced::reclaim`: the delay doubles from here,
  static constexpr std::chrono::milliseconds reclaim_delay_min{50};
  /// to here,
  static constexpr std::chrono::milliseconds reclaim_delay_max{30'000};
  /// and begins anew after this time of service.
  static constexpr std::chrono::seconds undisturbed{5};

private:
  using phase = restore_progress::phase;

  // One share at a time: with more in its mailbox a dealer would keep its thread, and this actor,
  // without which nothing is read, would wait for all of them.
  struct dealer_link {
    caf::actor actor;
    std::deque<replay_share> waiting;
    replay_share filling; // of the window that is being sent
    std::uint32_t filling_events = 0;
    bool is_dealing = false;
  };

  void wait_for_turn();
  void leave_turn();
  void begin();
  void open();
  void on_opened(const reader_opened& opened);
  std::size_t dealer_count() const;
  std::size_t read_size() const noexcept;
  void request_reads();
  void on_batch(const batch_read& read);
  std::size_t held_bytes() const;
  void on_read_failure(const error& why);
  void on_claim_record(offset at, const claim& read);
  void fold_record(const std::shared_ptr<const record_batch>& batch, const record_view& record);
  bool void_group();
  void fail_damaged(offset at, const char* how);
  void add_to_window(const std::shared_ptr<const record_batch>& batch, const record_view& record);
  void send_window();
  void deal_window(std::shared_ptr<const replay_window> window);
  void send_to_aggregates(const std::shared_ptr<const replay_window>& window);
  void on_dealt(const share_dealt& share);
  void deal_next(dealer_link& dealer);
  void drop_what_waits();
  void continue_if_folded();
  bool may_claim();
  void append_claim();
  void serve();
  void on_term_ended(const term_ended& ended);
  void begin_takeover();
  void open_if_settled();
  void on_fence(std::string why);
  void rest(phase where, std::string why);
  void dismiss_helpers();
  void fail(error why);
  void enter(phase next);
  void report();

  partition_ptr home_;
  caf::actor reader_;
  bool is_open_ = false; // the reader
  std::vector<dealer_link> dealers_;
  restore_progress progress_;
  std::chrono::steady_clock::time_point started_;
  std::chrono::steady_clock::time_point reported_;
  std::chrono::steady_clock::time_point failing_since_;
  bool read_fails_ = false;

  partition_fold fold_;
  /// The last record with a header that could not be read, if none took effect since.
  offset unreadable_ = no_offset;
  /// Records of a group whose last is yet to come, with the batches that hold them.
  std::vector<std::pair<std::shared_ptr<const record_batch>, const record_view*>> group_;
  std::shared_ptr<replay_window> window_;
  std::vector<aggregate_slot*> window_slots_; // by record of the window
  std::vector<aggregate_slot*> touched_;      // each aggregate of the window once
  std::size_t window_bytes_ = 0;

  std::size_t budget_bytes_;          // this partition's share of restore_bytes_in_flight_max
  std::size_t outstanding_bytes_ = 0; // batches that somebody still looks at
  std::uint32_t reads_under_way_ = 0;

  bool reads_on_ = false;         // taking over, as opposed to the first restore
  phase resting_ = phase::fenced; // where a takeover that fails goes back to
  std::uint32_t fences_ = 0;      // since `undisturbed` service
  std::chrono::steady_clock::time_point serving_since_;
  std::uint64_t timer_ = 0; // the takeover's that counts
  bool waits_for_settling_ = false;
  std::uint32_t readers_ = 0; // that have not closed yet

  term claimed_;
  bool was_read_ = false; // to the end, for the first time
  bool looks_at_others_ = false;
  bool claim_is_seen_ = false;
  bool claim_holds_ = false;
  std::uint64_t records_given_ = 0; // to windows
  std::uint64_t records_dealt_ = 0; // to their aggregates
};

} // namespace cerk
