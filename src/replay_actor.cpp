// Restoring a partition, phase by phase.
#include "replay_actor.hpp"

#include "cerk/placement.hpp"

#include "dealer_actor.hpp"
#include "reader_actor.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace cerk {

namespace {

constexpr std::size_t read_bytes_max = 2 << 20;
constexpr std::uint32_t reads_ahead = 2;
/// In one message to a dealer, so that it can begin before the window is handed out.
constexpr std::size_t share_parts_max = 1'024;
/// Closing waits for a share, so one does not hold many events even where one aggregate has them.
constexpr std::uint32_t share_events_max = 4'096;

} // namespace

replay_actor::replay_actor(caf::actor_config& config, partition_ptr home)
  : caf::event_based_actor(config),
    home_(std::move(home)),
    budget_bytes_(home_->shared().options.restore_bytes_in_flight_max
                  / home_->shared().turns.at_a_time()) {
  progress_.partition = home_->id().value;
}

caf::behavior replay_actor::make_behavior() {
  return {
    [this](begin_restore) { wait_for_turn(); },
    [this](turn_came) { begin(); },
    [this](const reader_opened& opened) { on_opened(opened); },
    [this](const batch_read& read) { on_batch(read); },
    [this](batch_released released) {
      outstanding_bytes_ -= released.bytes;
      continue_if_folded();
      request_reads();
    },
    [this](const share_dealt& share) { on_dealt(share); },
    [this](const claim_appended& appended) {
      if (!appended.at && progress_.now == phase::claiming && appended.claimed == claimed_)
        fail(appended.at.error());
    },
    [this](const term_ended& ended) { on_term_ended(ended); },
    [this](take_over wanted) {
      // Of several timers the last one counts; whoever asks in person comes before all of them.
      if (wanted.timer != 0 && wanted.timer != timer_)
        return;
      ++timer_;
      begin_takeover();
    },
    [this](all_settled) {
      waits_for_settling_ = false;
      open_if_settled();
    },
    [this](look_at_others) {
      looks_at_others_ = false;
      continue_if_folded();
    },
    [this](reader_closed) {
      --readers_;
      open_if_settled();
    },
    [this](read_again again) {
      if (reader_ && again.epoch == home_->epoch())
        detail::tell(this, reader_, read_more{read_size(), progress_.now == phase::claiming});
    },
  };
}

void replay_actor::on_exit() {
  // Batches report to this actor when they go, so they must not wait for it to go.
  drop_what_waits();
  // A thread of its own would wait for messages for ever.
  dismiss_helpers();
  leave_turn();
}

// -- reading --------------------------------------------------------------------------------------

void replay_actor::wait_for_turn() {
  const bool is_now = home_->shared().turns.take(home_->id(), [self = caf::actor{this}] {
    detail::tell_from_outside(self, turn_came{});
  });
  if (is_now)
    begin();
}

// For good: what is read later, in a takeover, is little.
void replay_actor::leave_turn() {
  home_->shared().turns.leave(home_->id());
}

void replay_actor::begin() {
  reported_ = home_->shared().options.environment.steady_now();
  open();
}

void replay_actor::open() {
  // Opening may wait for the store, so it has to happen where reading may.
  reader_ = home_->shared().store_info.reading_blocks
              ? spawn<reader_actor, caf::detached>(home_, caf::actor{this})
              : spawn<reader_actor>(home_, caf::actor{this});
  ++readers_;
  // Later, aggregates are sent to by others as well, and take what they get in turn.
  for (std::size_t i = 0; !reads_on_ && i < dealer_count(); ++i)
    dealers_.push_back({.actor = spawn<dealer_actor>(home_, caf::actor{this}, i)});
  detail::tell(this, reader_, open_reader{offset{progress_.position}});
}

// Together with those of the other partitions, one for each core.
std::size_t replay_actor::dealer_count() const {
  const std::size_t cores = std::max(std::thread::hardware_concurrency(), 1U);
  const auto at_once = home_->shared().turns.at_a_time();
  return (std::min(detail::worker_count(system()), cores) + at_once - 1) / at_once;
}

void replay_actor::on_opened(const reader_opened& opened) {
  if (!reader_ || !detail::is_from(this, reader_))
    return; // it was stopped
  if (opened.failure)
    return fail(*opened.failure);
  is_open_ = true;
  progress_.position = opened.position.value;
  if (!reads_on_) {
    progress_.start = progress_.position;
    started_ = home_->shared().options.environment.steady_now();
  }
  progress_.end = opened.end.value;
  enter(phase::reading);
  request_reads();
  continue_if_folded();
}

std::size_t replay_actor::read_size() const noexcept {
  // A quarter of the budget at a time, so that a small one still overlaps reading and folding.
  return std::clamp<std::size_t>(budget_bytes_ / 4, 1, read_bytes_max);
}

void replay_actor::request_reads() {
  const bool wants_more = (progress_.now == phase::reading && progress_.position < progress_.end)
                          || (progress_.now == phase::claiming && !claim_is_seen_);
  const std::size_t bytes = read_size();
  // Behind the log's end a read may wait, and a second one would only keep us from serving.
  const std::uint32_t ahead = progress_.now == phase::reading ? reads_ahead : 1;
  while (wants_more && is_open_ && !read_fails_ && reads_under_way_ < ahead
         && (outstanding_bytes_ + (reads_under_way_ + 1) * bytes <= budget_bytes_
             || (reads_under_way_ == 0 && outstanding_bytes_ <= held_bytes()))) {
    ++reads_under_way_;
    detail::tell(this, reader_, read_more{bytes, progress_.now == phase::claiming});
  }
}

// What is outstanding because of this actor alone: nobody else will release it.
std::size_t replay_actor::held_bytes() const {
  std::vector<const record_batch*> held;
  for (const auto& [batch, record] : group_)
    if (held.empty() || held.back() != batch.get())
      held.push_back(batch.get());
  if (window_)
    for (const auto& batch : window_->batches)
      held.push_back(batch.get());
  std::sort(held.begin(), held.end());
  held.erase(std::unique(held.begin(), held.end()), held.end());
  std::size_t bytes = 0;
  for (const auto* batch : held)
    bytes += batch->bytes();
  return bytes;
}

void replay_actor::on_batch(const batch_read& read) {
  if (!reader_ || !detail::is_from(this, reader_))
    return; // it was stopped
  --reads_under_way_;
  if (progress_.now != phase::reading && progress_.now != phase::claiming)
    return;
  if (!read.batch)
    return on_read_failure(read.batch.error());
  if (std::exchange(read_fails_, false))
    progress_.failure.clear();
  const auto& batch = *read.batch;
  progress_.position = read.position.value;
  if (batch && !batch->records().empty()) {
    outstanding_bytes_ += batch->bytes();
    batch->on_release([self = caf::actor{this}, bytes = batch->bytes()] {
      detail::tell_from_outside(self, batch_released{bytes});
    });
    const auto& records = batch->records();
    for (std::size_t i = 0; i < records.size() && progress_.now != phase::failed; ++i) {
      // Another thread wrote these bytes: each key would be waited for.
      if (i + 16 < records.size())
        __builtin_prefetch(records[i + 16].key().data());
      const auto& r = records[i];
      // Not what the batch holds: its blocks may be larger than what is in them.
      progress_.bytes += std::uint64_t{r.value_size} + r.header_size + r.key_size + r.headers_size;
      fold_record(batch, records[i]);
    }
    if (progress_.now == phase::failed)
      return;
  }
  const auto& options = home_->shared().options;
  if (window_
      && (window_->records.size() >= options.restore_window_events_max
          || window_bytes_ >= budget_bytes_ / 2 || progress_.position >= progress_.end))
    send_window();
  if (options.environment.steady_now() - reported_ >= std::chrono::milliseconds{100})
    report();
  request_reads();
  continue_if_folded();
}

void replay_actor::on_read_failure(const error& why) {
  if (why.advice() != retry::later)
    return fail(why);
  const auto now = home_->shared().options.environment.steady_now();
  if (!read_fails_) {
    read_fails_ = true;
    failing_since_ = now;
  } else if (now - failing_since_ >= failing_max) {
    return fail({why.code, why.what + " (for " + std::to_string(failing_max.count()) + " s)"});
  }
  // Nothing else would say why the position stands still, or let the seconds go on.
  progress_.failure = to_string(why);
  report();
  if (reads_under_way_ > 0)
    return;
  // One probing read; `request_reads` waits until it comes back well.
  ++reads_under_way_;
  detail::tell_self_later(this, std::chrono::milliseconds{100}, read_again{home_->epoch()});
}

// -- folding --------------------------------------------------------------------------------------

void replay_actor::fold_record(const std::shared_ptr<const record_batch>& batch,
                               const record_view& record) {
  if (!record.has_key || record.key_size == 0) {
    const auto read = record.has_value ? parse_claim(record.value()) : std::nullopt;
    if (!read) {
      ++progress_.orphans;
      return;
    }
    return on_claim_record(record.offset, *read);
  }
  if (record.header_is == header_state::unreadable) {
    // Not readable, so it has no place in the order; its aggregate will say so. If it had one, the
    // next record shows it by a gap.
    unreadable_ = record.offset;
    return add_to_window(batch, record);
  }
  const auto verdict = record.has_header() ? fold_.on_record(record.header) : fold_.on_headerless();
  if (verdict.voids_pending && !void_group())
    return;
  if (verdict.on_this != effect::voided)
    unreadable_ = no_offset;
  switch (verdict.on_this) {
    case effect::in_effect:
      if (record.header.kind != record_kind::noop)
        add_to_window(batch, record);
      return;
    case effect::pending:
      group_.emplace_back(batch, &record);
      return;
    case effect::completes_group:
      for (const auto& [holder, member] : group_)
        add_to_window(holder, *member);
      group_.clear();
      add_to_window(batch, record);
      return;
    case effect::voided:
      if (record.header_is == header_state::broken)
        return fail_damaged(record.offset, "its seal is broken");
      if (verdict.cause == void_cause::unknown_term)
        return fail_damaged(record.offset, "no claim before it made its term");
      if (verdict.cause == void_cause::gap && unreadable_ != no_offset)
        return fail_damaged(unreadable_,
                            "its header cannot be read, and what follows counts on it");
      ++progress_.voids;
  }
}

// Void records change nothing, so damage must not pass for a void record: what was acknowledged
// would vanish without a word. False if the group was damaged.
bool replay_actor::void_group() {
  for (const auto& [batch, member] : group_)
    if (member->header_is == header_state::broken) {
      fail_damaged(member->offset, "its seal is broken");
      return false;
    }
  progress_.voids += group_.size();
  group_.clear();
  return true;
}

void replay_actor::fail_damaged(offset at, const char* how) {
  fail({errc::corrupt, "the record at offset " + std::to_string(at.value) + " of partition "
                         + std::to_string(home_->id().value)
                         + " is damaged where the order of the partition depends on it: " + how
                         + "; restore the store from a backup or an export"});
}

void replay_actor::on_claim_record(offset at, const claim& read) {
  const auto verdict = fold_.on_claim(read);
  if (verdict.on_this == effect::voided)
    ++progress_.voids;
  if (verdict.voids_pending && !void_group())
    return;
  unreadable_ = no_offset;
  const auto& info = home_->shared().store_info;
  if (verdict.on_this == effect::in_effect && info.checks_placement)
    if (auto why = misplaced(info, home_->id(), at, read))
      return fail(*std::move(why));
  if (claimed_ != term{} && read.id == claimed_) {
    claim_is_seen_ = true;
    claim_holds_ = verdict.on_this == effect::in_effect;
  }
}

void replay_actor::add_to_window(const std::shared_ptr<const record_batch>& batch,
                                 const record_view& record) {
  if (!window_)
    window_ = std::make_shared<replay_window>();
  if (window_->batches.empty() || window_->batches.back() != batch) {
    window_->batches.push_back(batch);
    window_bytes_ += batch->bytes();
  }
  auto [slot, is_new] = reads_on_ ? home_->hold_restoring(record.key(), record.key_hash)
                                  : home_->restoring(record.key(), record.key_hash);
  if (is_new && home_->shared().store_info.checks_placement)
    if (auto why = misplaced(home_->shared().store_info, home_->id(), record.offset, record.key()))
      return fail(*std::move(why));
  if (slot.window_count++ == 0)
    touched_.push_back(&slot);
  else if (reads_on_)
    partition::let_go(slot); // held once already
  window_->records.push_back(&record);
  window_slots_.push_back(&slot);
  ++records_given_;
  if (record.header.kind == record_kind::event)
    ++progress_.events;
}

void replay_actor::send_window() {
  // Counting sort by aggregate: stable, so each aggregate's records keep the order of the log.
  std::uint32_t begin = 0;
  for (auto* slot : touched_) {
    slot->window_begin = begin;
    begin += slot->window_count;
    slot->window_count = 0;
  }
  std::vector<const record_view*> grouped(window_->records.size());
  for (std::size_t i = 0; i < grouped.size(); ++i) {
    auto& slot = *window_slots_[i];
    grouped[slot.window_begin + slot.window_count++] = window_->records[i];
  }
  window_->records = std::move(grouped);
  if (reads_on_)
    send_to_aggregates(std::move(window_));
  else
    deal_window(std::move(window_));
  window_ = nullptr;
  window_bytes_ = 0;
  window_slots_.clear();
  touched_.clear();
}

void replay_actor::send_to_aggregates(const std::shared_ptr<const replay_window>& window) {
  home_->for_each_live(touched_, [&](aggregate_slot& slot, const caf::actor& aggregate) {
    detail::tell(this, aggregate,
                 replay_slice{window, slot.window_begin, slot.window_begin + slot.window_count});
    records_dealt_ += std::exchange(slot.window_count, 0);
  });
}

void replay_actor::deal_window(std::shared_ptr<const replay_window> window) {
  auto pass_on = [&](dealer_link& dealer) {
    dealer.filling.window = window;
    dealer.waiting.push_back(std::exchange(dealer.filling, {}));
    dealer.filling_events = 0;
    deal_next(dealer);
  };
  for (auto* slot : touched_) {
    auto& dealer = dealers_[slot->dealer % dealers_.size()];
    auto& parts = dealer.filling.parts;
    for (auto part = slot->window_begin; slot->window_count > 0;) {
      const auto count = std::min(slot->window_count, share_events_max - dealer.filling_events);
      parts.push_back({slot, part, part + count});
      part += count;
      slot->window_count -= count;
      dealer.filling_events += count;
      if (parts.size() == share_parts_max || dealer.filling_events == share_events_max)
        pass_on(dealer);
    }
  }
  for (auto& dealer : dealers_)
    if (!dealer.filling.parts.empty())
      pass_on(dealer);
}

void replay_actor::deal_next(dealer_link& dealer) {
  if (dealer.is_dealing || dealer.waiting.empty())
    return;
  dealer.is_dealing = true;
  detail::tell(this, dealer.actor, std::move(dealer.waiting.front()));
  dealer.waiting.pop_front();
}

void replay_actor::on_dealt(const share_dealt& share) {
  if (progress_.now != phase::reading && progress_.now != phase::claiming)
    return;
  if (!share.records)
    return fail(share.records.error());
  records_dealt_ += *share.records;
  auto& dealer = dealers_[share.dealer];
  dealer.is_dealing = false;
  deal_next(dealer);
  continue_if_folded();
}

void replay_actor::drop_what_waits() {
  window_ = nullptr;
  group_.clear();
  for (auto& dealer : dealers_)
    dealer.waiting.clear();
}

// -- claiming -------------------------------------------------------------------------------------

void replay_actor::continue_if_folded() {
  const bool everything_is_read = progress_.now == phase::reading
                                    ? progress_.position >= progress_.end
                                    : progress_.now == phase::claiming && claim_is_seen_;
  if (!everything_is_read || reads_under_way_ > 0 || !is_open_)
    return;
  if (window_)
    send_window();
  // An open group keeps its batches: its end is not in the log, and may come before our claim.
  if (outstanding_bytes_ > held_bytes())
    return;
  // A batch may be held here and dealt from at once.
  if (records_dealt_ < records_given_)
    return;
  leave_turn();
  if (progress_.now == phase::claiming || home_->shared().options.read_only)
    return serve();
  if (may_claim())
    append_claim();
}

// The first claim of a partition says for good how keys are placed. An empty partition cannot tell
// whether that is right, so all of them are looked at first.
bool replay_actor::may_claim() {
  auto& unread = home_->shared().partitions_unread;
  if (!std::exchange(was_read_, true))
    unread.fetch_sub(1, std::memory_order_acq_rel);
  if (fold_.current() != term{} || unread.load(std::memory_order_acquire) == 0)
    return true;
  if (!std::exchange(looks_at_others_, true))
    detail::tell_self_later(this, std::chrono::milliseconds{10}, look_at_others{});
  return false;
}

void replay_actor::append_claim() {
  auto& shared = home_->shared();
  const auto& options = shared.options;
  do {
    claimed_ = {options.environment.random()};
  } while (claimed_ == term{} || claimed_ == fold_.current());
  claim_is_seen_ = claim_holds_ = false;
  enter(phase::claiming);
  const auto& info = shared.store_info;
  const bool is_open = shared.outside.enter([&] {
    shared.store.append_claim(home_->id(),
                              {.id = claimed_,
                               .replaces = fold_.current(),
                               .owner = options.owner,
                               .partition_count = info.partition_count,
                               .partitioner = std::string{to_string(info.partitioner)}},
                              [self = caf::actor{this}, id = claimed_](result<offset> at) {
                                detail::tell_from_outside(self, claim_appended{id, std::move(at)});
                              });
  });
  if (is_open)
    request_reads();
}

void replay_actor::serve() {
  dismiss_helpers();
  if (!home_->shared().options.read_only && !claim_holds_)
    return on_fence("another owner claimed the partition first");
  if (claimed_ != term{})
    // Ahead of the first append, which is urgent.
    detail::tell_urgently(this, home_->producer, term_begins{claimed_, home_->epoch()});
  serving_since_ = home_->shared().options.environment.steady_now();
  progress_.failure.clear();
  enter(phase::serving);
}

// -- taking over ----------------------------------------------------------------------------------

void replay_actor::on_term_ended(const term_ended& ended) {
  if (ended.term != claimed_ || progress_.now != phase::serving)
    return;
  if (ended.why.code == errc::fenced)
    on_fence(to_string(ended.why));
  else
    rest(phase::stopped, to_string(ended.why));
}

void replay_actor::on_fence(std::string why) {
  home_->shared().fences.fetch_add(1, std::memory_order_relaxed);
  if (home_->shared().options.environment.steady_now() - serving_since_ >= undisturbed)
    fences_ = 0;
  rest(phase::fenced, std::move(why));
}

// The partition does not serve for now. What was committed here can be read.
void replay_actor::rest(phase where, std::string why) {
  auto& shared = home_->shared();
  const auto& options = shared.options;
  progress_.failure = std::move(why);
  resting_ = where;
  if (claimed_ != term{})
    shared.outside.enter([&] { shared.store.relinquish(home_->id(), claimed_); });
  enter(where);
  if (where != phase::fenced || options.on_fenced != on_fenced::reclaim)
    return;
  ++fences_;
  const auto longest
    = std::min(reclaim_delay_min * (std::int64_t{1} << std::min(fences_, 16U)), reclaim_delay_max);
  const auto chance
    = options.environment.random() % static_cast<std::uint64_t>(longest.count() + 1);
  detail::tell_self_later(this, std::chrono::milliseconds{chance}, take_over{++timer_});
}

void replay_actor::begin_takeover() {
  if ((progress_.now != phase::fenced && progress_.now != phase::stopped)
      || home_->shared().options.read_only || home_->shared().stopping)
    return;
  reads_on_ = true;
  read_fails_ = false;
  claimed_ = term{};
  // The time of service is none of reading: rates would be of both.
  const std::chrono::duration<double> read_for{progress_.seconds};
  started_ = home_->shared().options.environment.steady_now()
             - std::chrono::duration_cast<std::chrono::steady_clock::duration>(read_for);
  // Before the phase, so that nothing is decided in the former epoch behind it.
  home_->begin_epoch();
  enter(phase::reading);
  // What was appended under the former term has ended, and aggregates are to hear of it before they
  // get what others appended.
  waits_for_settling_ = true;
  detail::tell(this, home_->producer, settle_all{});
}

void replay_actor::open_if_settled() {
  if (reads_on_ && progress_.now == phase::reading && !reader_ && !waits_for_settling_
      && readers_ == 0)
    open();
}

void replay_actor::dismiss_helpers() {
  if (reader_)
    detail::tell_to_stop(reader_);
  reader_ = nullptr;
  is_open_ = false;
  reads_under_way_ = 0;
  for (const auto& dealer : dealers_)
    detail::tell_to_stop(dealer.actor);
  dealers_.clear();
}

// -- phases ---------------------------------------------------------------------------------------

void replay_actor::fail(error why) {
  if (reads_on_ && why.advice() == retry::later) {
    // What was read is folded, so that another try goes on behind it.
    if (window_)
      send_window();
    dismiss_helpers();
    return rest(resting_, to_string(why));
  }
  progress_.failure = to_string(why);
  drop_what_waits();
  dismiss_helpers();
  leave_turn();
  enter(phase::failed);
}

void replay_actor::enter(phase next) {
  progress_.now = next;
  home_->set_phase(next);
  report();
}

void replay_actor::report() {
  const auto& environment = home_->shared().options.environment;
  reported_ = environment.steady_now();
  if (progress_.now == phase::reading || progress_.now == phase::claiming
      || progress_.now == phase::serving)
    progress_.seconds = std::chrono::duration<double>(reported_ - started_).count();
  progress_.aggregates = home_->size();
  progress_.quarantined = home_->quarantined.load(std::memory_order_relaxed);
  home_->shared().report(progress_);
}

} // namespace cerk
