/// Taking commands and queries from any thread: checks, ids, deadlines, routing.
#pragma once

#include "cerk/repository.hpp"

#include "envelope.hpp"
#include "partition.hpp"

#include <memory>
#include <vector>

namespace cerk {

/// The front door's one implementation; actors behind it are spawned by `open` and stopped by
/// `close`.
class door : public detail::front_door, public std::enable_shared_from_this<door> {
public:
  door(caf::actor_system& system, provider& store, repository_options options,
       std::span<const detail::aggregate_table> tables);

  /// Spawns the actors and begins to restore.
  void open();
  /// Drains, then stops every actor. Idempotent.
  void close();
  std::size_t drain();

  // -- what typed calls become --

  const registered_aggregate* find_type(std::string_view name,
                                        const std::type_info& state) const override;
  outcome send_and_wait(detail::prepared_command command) override;
  std::future<outcome> send_async(detail::prepared_command command) override;
  void send(detail::prepared_command command, std::function<void(outcome)> done) override;
  command_message message(detail::prepared_command command) override;
  result<detail::erased_snapshot> get_and_wait(std::string id, const registered_aggregate* type,
                                               const read_options& how) override;
  std::size_t event_index(const registered_aggregate* type,
                          const std::type_info& event) const override;

  // -- by name --

  result<json_command> parse(std::string_view text, send_options options) const;
  void get(std::string_view id, std::function<void(result<json_snapshot>)> done,
           const read_options& how = {});
  void events(std::string_view id, version after, std::size_t events_max, events_done done);

  // -- everything --

  /// Takes a finished envelope in; `done` is called exactly once.
  void submit(std::shared_ptr<command_envelope> envelope, std::function<void(outcome)> done);
  /// Runs `look` in the aggregate's actor, or says why it will not be run.
  std::optional<error> ask(std::string_view id, std::function<void(const aggregate_core&)> look);
  /// Runs `look` in every aggregate's actor, several at once, and waits until all are done.
  void for_each(const std::function<void(const aggregate_core&)>& look);

  partition& partition_for(std::string_view id) const;
  repository_shared& shared() const noexcept {
    return *shared_;
  }
  const caf::actor& commands() const noexcept {
    return commands_;
  }
  result<void> wait_until_serving();
  /// See `repository::take_over`.
  void take_over();
  repository_metrics metrics() const;

private:
  using seen = std::function<void(const result<const aggregate_core*>&)>;
  void ask_as(std::string_view id, const read_options& how, seen then);
  void prove(std::string_view id, const read_options& how,
             std::function<void(const std::optional<error>&)> done);
  result<std::shared_ptr<command_envelope>> envelope_for(detail::prepared_command command) const;
  void finish_envelope(command_envelope& envelope, send_options options, std::string_view name,
                       std::string_view encoded) const;

  caf::actor_system& system_;
  std::shared_ptr<repository_shared> shared_;
  std::vector<partition_ptr> partitions_;
  std::vector<caf::actor> replays_;
  caf::actor commands_;
  std::shared_ptr<door> self_; // until `close`: the command actor shares it
};

/// The committed state as JSON; nothing for a blank or quarantined aggregate. Throws what encoding
/// throws.
std::optional<json_snapshot> snapshot_of(const aggregate_core& core, partition_id partition);

} // namespace cerk
