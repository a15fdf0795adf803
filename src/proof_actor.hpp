/// The actor that shows that a partition is still ours, for reads that must not be behind.
#pragma once

#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

#include <vector>

namespace cerk {

/// One per partition. Whoever asks is answered when a no-op that was produced after the question is
/// in effect: nobody else's event can lie before it. One no-op is under way at a time and serves
/// all that had asked by then. Bound: those who ask take a command's place each.
class proof_actor : public caf::event_based_actor {
public:
  proof_actor(caf::actor_config& config, partition_ptr home);

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void append_if_needed();
  void on_settled(const appends_settled& settled);
  void on_sweep();
  void answer(std::vector<proof_request_ptr>& whom, const std::optional<error>& failure);

  partition_ptr home_;
  std::vector<proof_request_ptr> waiting_; // for the next no-op
  std::vector<proof_request_ptr> covered_; // by the one under way
  std::uint64_t sequence_ = 0;
  bool is_under_way_ = false;
};

} // namespace cerk
