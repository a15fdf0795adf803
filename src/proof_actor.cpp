// No-ops, one after the other.
#include "proof_actor.hpp"

#include "stored_rejection.hpp"

#include <vector>

namespace cerk {

namespace {

std::optional<error> failure_of(const commit_result& how) {
  using status = commit_result::status;
  switch (how.ended) {
    case status::committed:
      return std::nullopt;
    case status::fenced:
      return error{errc::fenced, "another owner claimed the partition"};
    default:
      // Nobody asked for an event, so nothing can have happened.
      return error{errc::unavailable,
                   "the log did not say whether the partition is still ours: " + how.failure.what};
  }
}

} // namespace

proof_actor::proof_actor(caf::actor_config& config, partition_ptr home)
  : caf::event_based_actor(config), home_(std::move(home)) {
}

caf::behavior proof_actor::make_behavior() {
  return {
    [this](const proof_request_ptr& wanted) {
      waiting_.push_back(wanted);
      append_if_needed();
    },
    [this](const appends_settled& settled) { on_settled(settled); },
    [this](sweep_deadlines) { on_sweep(); },
    [this](abandon_all) {
      const error why{errc::stopping, "the repository is closed"};
      answer(covered_, why);
      answer(waiting_, why);
    },
  };
}

void proof_actor::on_exit() {
  // The partition holds this actor.
  home_ = nullptr;
}

void proof_actor::append_if_needed() {
  if (is_under_way_ || waiting_.empty())
    return;
  // In this order, as for commands: if another epoch begins behind it, the producer refuses.
  const auto epoch = home_->epoch();
  if (!home_->is_serving())
    return answer(waiting_, home_->closed().value_or(
                              error{errc::restoring, "the partition was taken over just now"}));
  covered_ = std::exchange(waiting_, {});
  is_under_way_ = true;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
    home_->shared().options.environment.system_now().time_since_epoch());
  auto made = std::make_shared<commit>();
  made->kind = record_kind::noop;
  made->aggregate_id = covered_.front()->id;
  made->time_ms = now.count();
  made->events.push_back(event_value(made->aggregate_id, noop_type, now.count(), {}, {}));
  detail::tell_urgently(this, home_->producer,
                        append_message{caf::actor{this},
                                       {.sequence = ++sequence_, .epoch = epoch, .commit = made}});
}

void proof_actor::on_settled(const appends_settled& settled) {
  for (const auto& [sequence, how] : settled.results)
    if (sequence == sequence_) {
      is_under_way_ = false;
      answer(covered_, failure_of(how));
    }
  append_if_needed();
}

void proof_actor::on_sweep() {
  const auto now = home_->shared().options.environment.steady_now();
  std::vector<proof_request_ptr> late;
  for (auto* some : {&covered_, &waiting_})
    std::erase_if(*some, [&](const auto& one) {
      const bool is_late = now >= one->deadline;
      if (is_late)
        late.push_back(one);
      return is_late;
    });
  answer(late, error{errc::unavailable, "the log did not say in time whether the partition is "
                                        "still ours"});
}

void proof_actor::answer(std::vector<proof_request_ptr>& whom,
                         const std::optional<error>& failure) {
  for (const auto& one : std::exchange(whom, {}))
    one->done(failure);
}

} // namespace cerk
