/// The actor around one aggregate: mailbox in, core, effects out.
#pragma once

#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

namespace cerk {

/// Phases: restoring (slices come, no commands yet), serving (commands come, no slices any more).
/// The phase is the partition's, not the actor's: every slice is handled before the first command.
class aggregate_actor : public caf::event_based_actor {
public:
  aggregate_actor(caf::actor_config& config, partition_ptr home, aggregate_slot* slot);

  caf::behavior make_behavior() override;

  /// The actor behind a handle that `partition` made.
  static aggregate_actor& of(const caf::actor& handle);

  /// Folds its part of a window. For its dealer, before the partition was readable: nobody sends to
  /// the actor then, so its own thread is whichever calls.
  void restore(const replay_window& window, std::uint32_t begin, std::uint32_t end);

private:
  void on_slice(const replay_slice& slice);
  void on_command(const command_ptr& command);
  void on_settled(const appends_settled& settled);
  void perform();

  partition_ptr home_;
  aggregate_slot* slot_;
  aggregate_core core_;
};

} // namespace cerk
