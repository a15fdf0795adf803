// What an aggregate does with each message, and with what its core asks for.
#include "aggregate_actor.hpp"

namespace cerk {

namespace {

// One per worker, so that a command costs no allocation for its effects.
thread_local core_effects effects;

} // namespace

aggregate_actor::aggregate_actor(caf::actor_config& config, partition_ptr home,
                                 aggregate_slot* slot)
  : caf::event_based_actor(config),
    home_(std::move(home)),
    slot_(slot),
    core_(&home_->settings(), slot->id) {
}

caf::behavior aggregate_actor::make_behavior() {
  return {
    [this](const replay_slice& slice) { on_slice(slice); },
    [this](const command_ptr& command) { on_command(command); },
    [this](const appends_settled& settled) { on_settled(settled); },
    [this](const query_ptr& query) {
      (*query)(core_);
      partition::let_go(*slot_);
      home_->shared().callback_done();
    },
    [this](sweep_deadlines) {
      effects.clear();
      core_.sweep(home_->shared().options.environment.steady_now(), effects);
      perform();
    },
    [this](abandon_all) {
      effects.clear();
      core_.abandon(effects);
      perform();
    },
  };
}

// -- restoring ------------------------------------------------------------------------------------

aggregate_actor& aggregate_actor::of(const caf::actor& handle) {
  return *static_cast<aggregate_actor*>(caf::actor_cast<caf::abstract_actor*>(handle));
}

void aggregate_actor::restore(const replay_window& window, std::uint32_t begin, std::uint32_t end) {
  const bool was_quarantined = core_.quarantined() != nullptr;
  for (auto i = begin; i < end; ++i)
    core_.restore(*window.records[i]);
  if (!was_quarantined && core_.quarantined() != nullptr)
    home_->quarantined.fetch_add(1, std::memory_order_relaxed);
}

// In a takeover, among commands and their results.
void aggregate_actor::on_slice(const replay_slice& slice) {
  effects.clear();
  core_.begin_epoch(home_->epoch(), effects);
  perform();
  restore(*slice.window, slice.begin, slice.end);
  partition::let_go(*slot_);
}

// -- serving --------------------------------------------------------------------------------------

void aggregate_actor::on_command(const command_ptr& command) {
  effects.clear();
  // In this order: if another epoch begins behind it, what is decided here is not appended.
  const auto epoch = home_->epoch();
  if (home_->is_serving()) {
    core_.begin_epoch(epoch, effects);
    core_.take(command, home_->shared().options.environment.steady_now(), effects);
  } else {
    effects.answers.emplace_back(
      command, home_->closed().value_or(
                 error{errc::restoring, "the partition was taken over; nothing was appended"}));
    effects.released.push_back(command);
  }
  perform();
}

void aggregate_actor::on_settled(const appends_settled& settled) {
  effects.clear();
  for (const auto& [sequence, how] : settled.results)
    core_.settled(sequence, how, effects);
  perform();
}

void aggregate_actor::perform() {
  auto& shared = home_->shared();
  detail::runner_on_this_thread runner{system()};
  for (auto& request : effects.appends)
    runner.tell_urgently(home_->producer, append_message{caf::actor{this}, std::move(request)});
  if (effects.late > 0)
    shared.late.fetch_add(effects.late, std::memory_order_relaxed);
  // Places are given back before answers go out, so that whoever has his answer finds his place
  // free.
  for (const auto& command : effects.released) {
    partition::let_go(*slot_);
    shared.release(command->bytes);
  }
  for (auto& [command, answer] : effects.answers) {
    shared.count(answer);
    command->done(std::move(answer));
    shared.callback_done();
  }
  if (!effects.released.empty() && core_.is_blank() && home_->forget(*slot_))
    quit();
  // Last, because it may settle other aggregates on this thread, which use the same effects.
  runner.run();
}

} // namespace cerk
