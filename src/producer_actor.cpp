// Gathering appends, sending batches, telling aggregates what became of theirs.
#include "producer_actor.hpp"

namespace cerk {

producer_actor::producer_actor(caf::actor_config& config, partition_ptr home)
  : caf::event_based_actor(config),
    home_(std::move(home)),
    batcher_({.flights_max = home_->shared().store_info.flights_max,
              .batch_items_max = home_->shared().options.batch_commands_max,
              .batch_bytes_max = home_->shared().options.batch_bytes_max}),
    runner_(system()) {
}

caf::behavior producer_actor::make_behavior() {
  return {
    [this](const append_message& message) { on_append(message); },
    [this](flush_batches) { on_flush(); },
    [this](const batch_landed& landed) { on_landed(landed); },
    [this](const term_begins& begins) {
      term_ = begins.term;
      epoch_ = begins.epoch;
      replay_ = caf::actor_cast<caf::actor>(current_sender());
    },
    [this](settle_all) {
      replay_ = caf::actor_cast<caf::actor>(current_sender());
      reports_settled_ = true;
      report_settled();
    },
    [this](sweep_deadlines) { on_sweep(); },
  };
}

void producer_actor::on_exit() {
  // Whatever leads back here would keep this for ever: the partition holds its producer.
  home_ = nullptr;
  replay_ = nullptr;
  flights_.clear();
  batcher_.take_queue();
}

void producer_actor::on_append(const append_message& message) {
  if (term_ == term{} || message.request.epoch != epoch_)
    return refuse({message});
  batcher_.add(message, message.request.commit->bytes());
  start_sweeping();
  if (flush_is_due_ || !batcher_.may_send())
    return;
  // Behind everything that is in the mailbox already: that is the batch.
  flush_is_due_ = true;
  detail::tell_urgently(this, caf::actor{this}, flush_batches{});
}

void producer_actor::on_flush() {
  flush_is_due_ = false;
  while (term_ != term{} && batcher_.may_send()) {
    auto batch = batcher_.next();
    std::vector<commit_ptr> commits;
    commits.reserve(batch.size());
    for (const auto& item : batch)
      commits.push_back(item.request.commit);
    const auto flight = next_flight_++;
    flights_.emplace(flight, std::move(batch));
    home_->shared().batches.fetch_add(1, std::memory_order_relaxed);
    auto& shared = home_->shared();
    shared.outside.enter([&] {
      shared.store.append(home_->id(), term_, std::move(commits),
                          [self = caf::actor{this}, flight](std::vector<commit_result> results) {
                            detail::tell_from_outside(self,
                                                      batch_landed{flight, std::move(results)});
                          });
    });
  }
}

void producer_actor::on_landed(const batch_landed& landed) {
  const auto found = flights_.find(landed.flight);
  if (found == flights_.end())
    return;
  const auto batch = std::move(found->second);
  flights_.erase(found);
  batcher_.landed();
  for (const auto& result : landed.results) {
    using status = commit_result::status;
    const bool ends_term = result.ended == status::fenced || result.ended == status::stopped
                           || result.ended == status::unknown;
    if (!ends_term)
      continue;
    if (term_ == term{})
      break;
    over_ = result.ended == status::fenced
              ? error{errc::fenced, "another owner claimed the partition; nothing was appended"}
              : error{errc::unavailable, "the store stopped: " + result.failure.what};
    detail::tell(this, replay_, term_ended{term_, over_});
    term_ = term{};
  }
  settle(batch, landed.results);
  if (term_ == term{})
    refuse(batcher_.take_queue());
  else
    on_flush();
  report_settled();
}

void producer_actor::report_settled() {
  if (reports_settled_ && flights_.empty()) {
    reports_settled_ = false;
    detail::tell(this, replay_, all_settled{});
  }
}

void producer_actor::settle(const std::vector<append_message>& batch,
                            const std::vector<commit_result>& results) {
  auto& shared = home_->shared();
  for (std::size_t i = 0; i < batch.size();) {
    const auto& aggregate = batch[i].aggregate;
    appends_settled settled;
    for (; i < batch.size() && batch[i].aggregate == aggregate; ++i) {
      if (results[i].ended == commit_result::status::committed
          && batch[i].request.commit->kind == record_kind::event)
        shared.events.fetch_add(batch[i].request.commit->events.size(), std::memory_order_relaxed);
      settled.results.emplace_back(batch[i].request.sequence, results[i]);
    }
    runner_.tell(aggregate, std::move(settled));
    runner_.run();
  }
}

void producer_actor::refuse(const std::vector<append_message>& batch) {
  using status = commit_result::status;
  // With a term, it was decided before that term.
  const bool is_fenced = term_ != term{} || over_.code == errc::fenced;
  const commit_result answer{.ended = is_fenced ? status::fenced : status::refused,
                             .failure = over_};
  settle(batch, std::vector<commit_result>(batch.size(), answer));
}

// -- deadlines ------------------------------------------------------------------------------------

void producer_actor::start_sweeping() {
  if (sweep_is_due_)
    return;
  sweep_is_due_ = true;
  detail::tell_self_later(this, sweep_interval, sweep_deadlines{});
}

void producer_actor::on_sweep() {
  sweep_is_due_ = false;
  if (batcher_.is_idle())
    return;
  // Several appends of one aggregate stand together, so this rarely tells one twice.
  const caf::actor* last = nullptr;
  auto sweep = [&](const append_message& item) {
    if (last != nullptr && *last == item.aggregate)
      return;
    last = &item.aggregate;
    detail::tell(this, item.aggregate, sweep_deadlines{});
  };
  for (const auto& [flight, batch] : flights_)
    for (const auto& item : batch)
      sweep(item);
  batcher_.for_each_queued(sweep);
  start_sweeping();
}

} // namespace cerk
