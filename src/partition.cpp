// The directory of a partition's aggregates, and the bounds of its repository.
#include "partition.hpp"

#include "aggregate_actor.hpp"

#include <algorithm>
#include <thread>

namespace cerk {

std::size_t restored_at_a_time(const repository_options& options,
                               const provider_info& store) noexcept {
  const std::size_t wanted = options.restore_partitions_max != 0
                               ? options.restore_partitions_max
                               : std::thread::hardware_concurrency();
  return std::clamp<std::size_t>(wanted, 1, static_cast<std::size_t>(store.partition_count));
}

std::optional<error> repository_shared::admit(std::size_t bytes) noexcept {
  if (commands_in_flight.fetch_add(1, std::memory_order_acq_rel)
      >= options.commands_in_flight_max) {
    commands_in_flight.fetch_sub(1, std::memory_order_acq_rel);
    return error{errc::overloaded, std::to_string(options.commands_in_flight_max)
                                     + " commands are in flight (commands_in_flight_max)"};
  }
  if (bytes_in_flight.fetch_add(bytes, std::memory_order_acq_rel) + bytes
      > options.bytes_in_flight_max) {
    release(bytes);
    return error{errc::overloaded, std::to_string(options.bytes_in_flight_max)
                                     + " bytes are in flight (bytes_in_flight_max)"};
  }
  callbacks_due.fetch_add(1, std::memory_order_acq_rel);
  return std::nullopt;
}

void repository_shared::release(std::size_t bytes) noexcept {
  bytes_in_flight.fetch_sub(bytes, std::memory_order_acq_rel);
  commands_in_flight.fetch_sub(1, std::memory_order_acq_rel);
  signal_if_drained();
}

void repository_shared::callback_done() noexcept {
  callbacks_due.fetch_sub(1, std::memory_order_acq_rel);
  signal_if_drained();
}

void repository_shared::signal_if_drained() noexcept {
  if (!stopping.load(std::memory_order_acquire) || !is_drained())
    return;
  const std::lock_guard lock{mutex};
  changed.notify_all();
}

void repository_shared::count(const outcome& answer) noexcept {
  const auto add
    = [](std::atomic<std::uint64_t>& to) { to.fetch_add(1, std::memory_order_relaxed); };
  if (answer.accepted())
    return add(accepted);
  if (const auto* refusal = answer.get_rejection())
    return add(refusal->conflict ? conflicting : rejected_count);
  add(failed);
  const auto code = answer.get_failure()->code;
  if (code == errc::overloaded)
    add(overloaded);
  if (code == errc::unknown)
    add(unknown);
}

void repository_shared::report(const restore_progress& p) {
  {
    const std::lock_guard lock{mutex};
    progress[static_cast<std::size_t>(p.partition)] = p;
    changed.notify_all();
  }
  if (options.on_progress)
    outside.enter([&] { options.on_progress(p); });
}

partition::partition(std::shared_ptr<repository_shared> shared, caf::actor_system& system,
                     partition_id id)
  : shared_(std::move(shared)),
    system_(system),
    core_settings_{.types = &shared_->types,
                   .partition = id,
                   .event_bytes_max = shared_->options.event_bytes_max,
                   .command_ids_max = shared_->options.command_ids_max,
                   .decide_again_max = shared_->options.decide_again_max} {
}

aggregate_slot* partition::make(const hashed_id& id) {
  auto slot = std::make_unique<aggregate_slot>();
  slot->id = id.id;
  slot->dealer = next_dealer_++;
  auto* made = slot.get();
  slots_.emplace(hashed_id{made->id, id.hash}, std::move(slot));
  return made;
}

void partition::give_actor(aggregate_slot& slot) {
  slot.actor = system_.spawn<aggregate_actor, caf::lazy_init>(shared_from_this(), &slot);
}

aggregate_slot* partition::hold(std::string_view id) {
  const hashed_id key{id};
  const std::shared_lock lock{mutex_};
  const auto found = slots_.find(key);
  if (found == slots_.end())
    return nullptr;
  found->second->pending.fetch_add(1, std::memory_order_acq_rel);
  return found->second.get();
}

aggregate_slot* partition::hold_or_make(std::string_view id) {
  if (auto* found = hold(id))
    return found;
  return &hold_or_make(hashed_id{id}).slot;
}

partition::found_slot partition::hold_or_make(const hashed_id& id) {
  const std::shared_lock actors_lock{actors_mutex_};
  const std::unique_lock lock{mutex_};
  const auto found = slots_.find(id);
  const bool is_new = found == slots_.end();
  auto* slot = is_new ? make(id) : found->second.get();
  // A command behind the end must not make what nobody would stop.
  if (!slot->actor && !is_cleared_)
    give_actor(*slot);
  slot->pending.fetch_add(1, std::memory_order_acq_rel);
  return {*slot, is_new};
}

bool partition::forget(aggregate_slot& slot) {
  const std::unique_lock lock{mutex_};
  if (slot.pending.load(std::memory_order_acquire) != 0)
    return false;
  slots_.erase(hashed_id{slot.id});
  return true;
}

partition::found_slot partition::restoring(std::string_view id, std::uint64_t hash) {
  const hashed_id key{id, hash};
  const auto found = slots_.find(key);
  if (found != slots_.end())
    return {*found->second, false};
  const std::unique_lock lock{mutex_};
  return {*make(key), true};
}

partition::found_slot partition::hold_restoring(std::string_view id, std::uint64_t hash) {
  return hold_or_make(hashed_id{id, hash});
}

std::size_t partition::size() const {
  const std::shared_lock lock{mutex_};
  return slots_.size();
}

std::vector<std::string> partition::ids() const {
  const std::shared_lock lock{mutex_};
  std::vector<std::string> all;
  all.reserve(slots_.size());
  for (const auto& [id, slot] : slots_)
    all.emplace_back(id.id);
  return all;
}

std::vector<caf::actor> partition::actors() const {
  const std::unique_lock actors_lock{actors_mutex_}; // a dealer may be making some
  const std::shared_lock lock{mutex_};
  std::vector<caf::actor> all;
  all.reserve(slots_.size());
  for (const auto& [id, slot] : slots_)
    if (slot->actor)
      all.push_back(slot->actor);
  return all;
}

void partition::clear() {
  const std::unique_lock actors_lock{actors_mutex_};
  const std::unique_lock lock{mutex_};
  is_cleared_ = true;
  // The slots stay: an actor that still runs holds its own.
  for (auto& [id, slot] : slots_) {
    if (slot->actor)
      detail::tell_to_stop(slot->actor);
    slot->actor = nullptr;
  }
}

namespace {

bool is_readable_in(restore_progress::phase now) noexcept {
  using phase = restore_progress::phase;
  return now == phase::serving || now == phase::fenced || now == phase::stopped;
}

} // namespace

void partition::set_phase(restore_progress::phase now) noexcept {
  if (is_readable_in(now))
    was_readable_.store(true, std::memory_order_release);
  phase_.store(now, std::memory_order_release);
}

bool partition::is_readable() const noexcept {
  return was_readable()
         && phase_.load(std::memory_order_acquire) != restore_progress::phase::failed;
}

std::optional<error> partition::closed() const {
  if (shared_->stopping.load(std::memory_order_acquire))
    return error{errc::stopping, "the repository is closing; nothing was appended"};
  const std::string where = "partition " + std::to_string(id().value);
  switch (phase_.load(std::memory_order_acquire)) {
    case restore_progress::phase::serving:
      if (shared_->options.read_only)
        return error{errc::read_only, "the repository was opened to read only"};
      return std::nullopt;
    case restore_progress::phase::fenced:
      return error{errc::fenced, where + " has another owner; nothing was appended"};
    case restore_progress::phase::stopped:
      return error{errc::unavailable, "the store of " + where + " stopped; nothing was appended"};
    case restore_progress::phase::failed:
      return error{errc::unavailable, where + " could not be restored; nothing was appended"};
    default:
      return error{errc::restoring, where + " is being restored; nothing was appended"};
  }
}

} // namespace cerk
