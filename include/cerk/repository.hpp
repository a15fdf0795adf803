/// The front door: all aggregates of a provider inside one actor system.
#pragma once

#include "cerk/aggregate.hpp"
#include "cerk/command.hpp"
#include "cerk/detail/front_door.hpp"
#include "cerk/metrics.hpp"
#include "cerk/options.hpp"
#include "cerk/provider.hpp"
#include "cerk/unit_of_work.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// An aggregate as a query sees it: committed state only.
template <class State>
struct snapshot {
  std::string id;
  cerk::version version;
  partition_id partition;
  /// Offset of the event that made this version.
  cerk::offset offset;
  State state;
};

/// The same for those who do not know its type.
struct json_snapshot {
  std::string id;
  /// The name of the aggregate type.
  std::string type;
  cerk::version version;
  partition_id partition;
  cerk::offset offset;
  /// The state's JSON text.
  std::string state;
  /// Its part of `repository::state_hash`.
  std::uint64_t hash = 0;
};

/// One aggregate type of a repository; cheap to copy, valid as long as the repository.
/// Thread: any thread, and any actor for what does not block.
template <class State>
class aggregates {
public:
  aggregates(detail::front_door* door, const registered_aggregate* type)
    : door_(door), type_(type) {
  }

  /// Sends a command and waits for its outcome, at most its timeout; then the outcome is `unknown`
  /// (or, if it was not even decided, `unavailable`). From inside an actor it fails as
  /// `blocking_in_actor`: use one of the others there.
  template <class Command>
  outcome send(std::string_view id, Command command, send_options options = {}) const {
    return door_->send_and_wait(prepare(id, std::move(command), std::move(options)));
  }

  /// Sends a command; the future holds its outcome within its timeout and 100 ms.
  template <class Command>
  std::future<outcome>
  send_async(std::string_view id, Command command, send_options options = {}) const {
    return door_->send_async(prepare(id, std::move(command), std::move(options)));
  }

  /// Sends a command and calls `done` once: on an actor's thread, or, if the command is refused at
  /// once, on this one. `done` must not block and must not throw.
  template <class Command>
  void send_then(std::string_view id, Command command, send_options options,
                 std::function<void(outcome)> done) const {
    door_->send(prepare(id, std::move(command), std::move(options)), std::move(done));
  }

  /// A command as a message for `repository::actor()`, which answers with an `outcome`:
  /// `self->request(repo.actor(), caf::infinite, users.message("ada", create_user{...}))`.
  template <class Command>
  command_message message(std::string_view id, Command command, send_options options = {}) const {
    return door_->message(prepare(id, std::move(command), std::move(options)));
  }

  /// The committed state and version; after `send` at least the receipt's. Waits for the aggregate
  /// to finish what is in its mailbox. Errors: `not_found`, `wrong_type`, `quarantined`,
  /// `restoring`, `blocking_in_actor`.
  result<snapshot<State>> get(std::string_view id, const read_options& how = {}) const {
    auto copy = door_->get_and_wait(std::string{id}, type_, how);
    if (!copy)
      return copy.error();
    return snapshot<State>{std::string{id}, copy->version, copy->partition, copy->offset,
                           std::move(*static_cast<State*>(copy->state.get()))};
  }

  /// Begins a unit of work in the Go library's manner; an id without events begins at version 0.
  result<unit_of_work<State>> begin(std::string_view id) const {
    auto copy = door_->get_and_wait(std::string{id}, type_, {});
    if (copy)
      return unit_of_work<State>{door_, type_, std::string{id}, copy->version,
                                 std::move(*static_cast<State*>(copy->state.get()))};
    if (copy.error().code == errc::not_found)
      return unit_of_work<State>{door_, type_, std::string{id}, version{}, State{}};
    return copy.error();
  }

private:
  template <class Command>
  detail::prepared_command
  prepare(std::string_view id, Command command, send_options options) const {
    return {.id = std::string{id},
            .aggregate = type_,
            .command_type = &typeid(Command),
            .payload = std::make_shared<const Command>(std::move(command)),
            .options = std::move(options)};
  }

  detail::front_door* door_;
  const registered_aggregate* type_;
};

/// All aggregates of `store`.
///
/// Construction: registers the types, restores every partition, claims it, and then serves. With
/// `wait_until_restored` (default) it returns when all partitions serve, and throws
/// `failure_exception` if one cannot: what was begun is stopped first. Without it, it returns at
/// once and `progress()` tells.
/// Destruction: takes no more commands, waits up to `drain_timeout` for those in flight, answers
/// the rest as `stopping` or `unknown`, and stops its actors. Every callback has been called by
/// then. Lifetime: the actor system and the store must outlive it. Not to be used across fork().
/// Thread: every function may be called from any thread.
class repository {
public:
  template <class... Types>
  repository(caf::actor_system& system, provider& store, const Types&... types)
    : repository(system, store, repository_options{}, types...) {
  }

  template <class... Types>
  repository(caf::actor_system& system, provider& store, repository_options options,
             const Types&... types)
    : door_(detail::open_front_door(system, store, std::move(options), {types.table()...})) {
  }

  /// The aggregates of one type; throws `failure_exception` (`bad_input`) if the repository was
  /// not made with it.
  template <class State, class Events, class Commands, std::size_t Names>
  cerk::aggregates<State> of(const aggregate_type<State, Events, Commands, Names>& type) const {
    return of_type<State>(type.name());
  }

  /// The actor that takes `command_message`s as requests. It stops with the repository.
  const caf::actor& actor() const noexcept;

  // -- by name, for HTTP and command lines --

  /// Reads `{"type":...,"id":...,fields}`. Without an id one is made: from the command key if there
  /// is one, else a UUIDv7. Errors: `bad_command` (malformed, not UTF-8, a key twice, deeper than
  /// 64, unknown type, missing or mistyped field: which one), `bad_id`.
  result<json_command> parse(std::string_view text, send_options options = {}) const;

  /// Sends it; see `aggregates::send_then`.
  void send(json_command command, std::function<void(outcome)> done) const;

  /// Asks for an aggregate of any type; see `aggregates::get` for the errors and `send_then` for
  /// `done`.
  void get(std::string_view id, std::function<void(result<json_snapshot>)> done,
           const read_options& how = {}) const;

  /// Effective events of one aggregate after `after`, at most `events_max`; `done` runs on the
  /// provider's thread. Errors: `not_found` when the aggregate has none at all, and the provider's.
  void events(std::string_view id, version after, std::size_t events_max, events_done done) const;

  /// Calls `visit` for each aggregate that `get` would find, in no order, one at a time, on actors'
  /// threads. Blocks.
  void for_each(const std::function<void(const json_snapshot&)>& visit) const;

  // -- how it is --

  /// The sum over all aggregates of a hash of id, type, version and state: equal for equal states,
  /// whatever the partitions, the order or the offsets. Blocks.
  std::uint64_t state_hash() const;

  /// The same of each partition, in their order: where two copies of a store differ. Blocks.
  std::vector<std::uint64_t> state_hashes() const;

  /// Each aggregate that takes no commands: id, offset of the event, cause. Blocks.
  std::vector<quarantined_aggregate> quarantined() const;

  /// One entry a partition.
  std::vector<restore_progress> progress() const;

  /// Every partition serves.
  bool is_serving() const;

  /// Waits until every partition serves. The first failure otherwise. Blocks.
  result<void> wait_until_serving() const;

  repository_metrics metrics() const;

  /// Begins to claim again each partition that another owner claimed, or whose store stopped: reads
  /// on from where it was, then claims, then serves. Returns at once; `progress` tells. Where that
  /// fails the partition is as it was before. Nothing with `read_only`.
  void take_over() const;

  /// Takes no more commands and waits for those in flight; returns how many were still without an
  /// answer after `drain_timeout`, and were then answered as unknown. The destructor calls it.
  std::size_t drain();

private:
  template <class State>
  cerk::aggregates<State> of_type(std::string_view name) const {
    return {door_.get(), door_->find_type(name, typeid(State))};
  }

  std::unique_ptr<detail::front_door, detail::close_front_door> door_;
};

} // namespace cerk
