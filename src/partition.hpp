/// What the actors of one partition share: its aggregates, its phase, its repository's bounds.
#pragma once

#include "cerk/metrics.hpp"
#include "cerk/options.hpp"

#include "aggregate_core.hpp"
#include "restore_turns.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// The way of actors to what belongs to the repository's user, which they may outlive: once it is
/// closed nobody gets in any more. Not to be entered twice by one thread.
class gate {
public:
  /// Runs `use` unless closed; returns whether it did.
  template <class F>
  bool enter(F&& use) {
    if (closed_.load(std::memory_order_acquire))
      return false;
    const std::shared_lock inside{mutex_};
    if (closed_.load(std::memory_order_acquire))
      return false;
    use();
    return true;
  }

  /// Waits for those inside, then runs `last`.
  template <class F>
  void close(F&& last) {
    // First of all, so that new ones do not keep us waiting.
    closed_.store(true, std::memory_order_release);
    const std::unique_lock alone{mutex_};
    last();
  }

private:
  std::shared_mutex mutex_;
  std::atomic<bool> closed_{false};
};

/// How many partitions are restored at the same time.
std::size_t restored_at_a_time(const repository_options& options,
                               const provider_info& store) noexcept;

/// What all partitions of a repository share. Outlives its actors: they hold it.
struct repository_shared {
  repository_shared(provider& s, repository_options o, std::span<const detail::aggregate_table> t)
    : store(s), store_info(s.info()), options(std::move(o)), types(t) {
  }

  /// Actors call it inside `outside` only.
  provider& store;
  /// A copy, which actors may look at whenever they like.
  const provider_info store_info;
  /// To the store and to `on_progress`.
  gate outside;
  const repository_options options;
  const registry types;

  restore_turns turns{restored_at_a_time(options, store_info)};
  /// Partitions that were not read to their end yet, or do not fit.
  std::atomic<std::int32_t> partitions_unread{store_info.partition_count};
  std::atomic<std::uint64_t> commands_in_flight{0};
  std::atomic<std::uint64_t> bytes_in_flight{0};
  /// Callbacks of commands and queries that are promised and not called yet.
  std::atomic<std::uint64_t> callbacks_due{0};
  std::atomic<bool> stopping{false};

  std::atomic<std::uint64_t> accepted{0};
  std::atomic<std::uint64_t> rejected_count{0};
  std::atomic<std::uint64_t> conflicting{0};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> overloaded{0};
  std::atomic<std::uint64_t> unknown{0};
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> events{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> fences{0};

  /// Guards `progress`; `changed` is signalled on each change of it and when nothing is in flight.
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<restore_progress> progress;

  /// Takes a command's place among those in flight, or says why there is none. Its callback is
  /// due from then on.
  std::optional<error> admit(std::size_t bytes) noexcept;
  /// Gives the place back.
  void release(std::size_t bytes) noexcept;
  /// A promised callback has been called.
  void callback_done() noexcept;
  /// Whether nothing is under way and nobody waits for a callback.
  bool is_drained() const noexcept {
    return commands_in_flight.load(std::memory_order_acquire) == 0
           && callbacks_due.load(std::memory_order_acquire) == 0;
  }
  /// Counts an answer.
  void count(const outcome& answer) noexcept;
  /// Publishes a partition's progress.
  void report(const restore_progress& p);

private:
  void signal_if_drained() noexcept;
};

/// One aggregate's entry in its partition.
struct aggregate_slot {
  std::string id;
  caf::actor actor;
  /// Messages on their way to the actor or commands under way in it; while it is not 0 the slot
  /// stays.
  std::atomic<std::uint32_t> pending{0};
  // Which dealer restores it. Always the same one, so that its records stay in order.
  std::uint32_t dealer = 0;
  // Scratch of the replay actor: how many events of the present window are this aggregate's, and
  // where they begin.
  std::uint32_t window_count = 0;
  std::uint32_t window_begin = 0;
};

/// The partition. Readers of the directory are the front door's threads; writers are the replay
/// actor, before the partition serves, and whoever makes or forgets an aggregate after that.
class partition : public std::enable_shared_from_this<partition> {
public:
  partition(std::shared_ptr<repository_shared> shared, caf::actor_system& system, partition_id id);

  partition_id id() const noexcept {
    return core_settings_.partition;
  }

  const core_settings& settings() const noexcept {
    return core_settings_;
  }

  repository_shared& shared() const noexcept {
    return *shared_;
  }

  /// The aggregate's slot, one pending message richer; nullptr if there is none.
  aggregate_slot* hold(std::string_view id);
  /// The same, made if missing.
  aggregate_slot* hold_or_make(std::string_view id);
  /// Takes one pending message off.
  static void let_go(aggregate_slot& slot) noexcept {
    slot.pending.fetch_sub(1, std::memory_order_acq_rel);
  }
  /// Removes a slot that nobody holds; false if somebody does.
  bool forget(aggregate_slot& slot);
  /// A slot, and whether it was just made.
  struct found_slot {
    aggregate_slot& slot;
    bool is_new;
  };
  /// The slot, made if missing; its dealer makes the actor. Only for the replay actor before the
  /// partition was readable: nobody else changes the directory yet.
  found_slot restoring(std::string_view id, std::uint64_t hash);
  /// The same later, with its actor and one pending message richer.
  found_slot hold_restoring(std::string_view id, std::uint64_t hash);
  /// Calls `visit(part, actor)` for each part, its slot's actor made if missing; for none once the
  /// partition is cleared, which waits for the last `visit`. Only for the dealer of these slots.
  template <class Parts, class F>
  void for_each_actor(const Parts& parts, F&& visit) {
    const std::shared_lock lock{actors_mutex_};
    if (is_cleared_)
      return;
    for (const auto& part : parts) {
      if (!part.slot->actor)
        give_actor(*part.slot);
      visit(part, part.slot->actor);
    }
  }

  /// Calls `visit(slot, actor)` for each of these slots, which have their actors; for none once the
  /// partition is cleared.
  template <class Slots, class F>
  void for_each_live(const Slots& slots, F&& visit) {
    const std::shared_lock lock{actors_mutex_};
    if (!is_cleared_)
      for (auto* slot : slots)
        visit(*slot, slot->actor);
  }

  std::size_t size() const;
  /// All ids at this moment.
  std::vector<std::string> ids() const;
  /// All actors at this moment.
  std::vector<caf::actor> actors() const;
  /// Stops all actors and lets go of them; messages to them find nobody afterwards.
  void clear();

  /// Why no commands are taken; nothing if they are.
  std::optional<error> closed() const;
  /// Whether aggregates may decide; `closed` says why not. Goes on while the repository drains.
  bool is_serving() const noexcept {
    return phase_.load(std::memory_order_acquire) == restore_progress::phase::serving;
  }
  /// How often this repository has begun to take the partition over again. What was decided in an
  /// earlier epoch must not be appended: other owners' events may have come between.
  std::uint32_t epoch() const noexcept {
    return epoch_.load(std::memory_order_acquire);
  }
  void begin_epoch() noexcept {
    epoch_.fetch_add(1, std::memory_order_acq_rel);
  }
  /// Whether what was committed here can be read; behind, perhaps, if another owner claimed.
  bool is_readable() const noexcept;
  /// Whether it ever was; until then only dealers run its aggregates.
  bool was_readable() const noexcept {
    return was_readable_.load(std::memory_order_acquire);
  }
  void set_phase(restore_progress::phase now) noexcept;

  /// Aggregates that take no commands because of a stored event.
  std::atomic<std::uint64_t> quarantined{0};

  /// Where aggregates send their appends. Set before the first aggregate is made, then constant:
  /// all of them read it.
  caf::actor producer;
  /// Whom strict reads ask first. Set and constant like the producer.
  caf::actor prover;
  /// What the reader actor reads from, inside the gate. Here, so that it ends with the repository.
  std::unique_ptr<record_reader> reader;

private:
  // An id with its hash, which records bring along.
  struct hashed_id {
    std::string_view id;
    std::uint64_t hash = 0;

    explicit hashed_id(std::string_view i) noexcept : hashed_id(i, hash_of_key(i)) {
    }
    hashed_id(std::string_view i, std::uint64_t h) noexcept : id(i), hash(h) {
    }
    bool operator==(const hashed_id& other) const noexcept {
      return hash == other.hash && id == other.id;
    }
  };
  struct hash_of_id {
    using is_avalanching = void;
    std::uint64_t operator()(const hashed_id& of) const noexcept {
      return of.hash;
    }
  };

  aggregate_slot* make(const hashed_id& id);
  found_slot hold_or_make(const hashed_id& id);
  void give_actor(aggregate_slot& slot);

  std::shared_ptr<repository_shared> shared_;
  caf::actor_system& system_;
  core_settings core_settings_;
  std::atomic<restore_progress::phase> phase_{restore_progress::phase::waiting};
  std::atomic<bool> was_readable_{false};
  std::atomic<std::uint32_t> epoch_{0};
  // Dealers make actors while the replay actor makes slots, so these are two locks. Whoever needs
  // both takes `actors_mutex_` first: domain code runs under it, and may ask for sizes.
  mutable std::shared_mutex actors_mutex_;
  bool is_cleared_ = false; // no actor is made any more
  mutable std::shared_mutex mutex_;
  boost::unordered_flat_map<hashed_id, std::unique_ptr<aggregate_slot>, hash_of_id> slots_;
  std::uint32_t next_dealer_ = 0;
};

using partition_ptr = std::shared_ptr<partition>;

} // namespace cerk
