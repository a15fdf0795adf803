/// The actor between a partition's aggregates and the provider: batches out, answers back.
#pragma once

#include "batcher.hpp"
#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace cerk {

/// One per partition. Phases: waiting for a term (appends are refused), appending, over (appends
/// are refused until the next term).
class producer_actor : public caf::event_based_actor {
public:
  producer_actor(caf::actor_config& config, partition_ptr home);

  caf::behavior make_behavior() override;
  void on_exit() override;

  /// How often deadlines are looked at while something is under way.
  static constexpr std::chrono::milliseconds sweep_interval{100};

private:
  void on_append(const append_message& message);
  void on_flush();
  void on_landed(const batch_landed& landed);
  void on_sweep();
  void report_settled();
  void settle(const std::vector<append_message>& batch, const std::vector<commit_result>& results);
  void refuse(const std::vector<append_message>& batch);
  void start_sweeping();

  partition_ptr home_;
  term term_;
  std::uint32_t epoch_ = 0;
  error over_{errc::restoring, "the partition is not claimed yet; nothing was appended"};
  caf::actor replay_;
  batcher<append_message> batcher_;
  detail::runner_on_this_thread runner_;
  bool flush_is_due_ = false;
  bool sweep_is_due_ = false;
  bool reports_settled_ = false;
  std::uint64_t next_flight_ = 1;
  std::unordered_map<std::uint64_t, std::vector<append_message>> flights_;
};

} // namespace cerk
