// The way in: from a typed call or JSON to an aggregate's mailbox, and the way out when it closes.
#include "front_door.hpp"

#include "cerk/detail/caf_compat.hpp"

#include "command_actor.hpp"
#include "messages.hpp"
#include "producer_actor.hpp"
#include "proof_actor.hpp"
#include "replay_actor.hpp"
#include "uuid.hpp"

#include <algorithm>
#include <latch>
#include <unordered_set>

namespace cerk {

namespace {

constexpr std::size_t metadata_bytes_max = 16 << 10;

std::optional<error> unfit_options(const send_options& options) {
  std::size_t bytes = options.correlation_id.size();
  for (const auto& [name, value] : options.metadata)
    bytes += name.size() + value.size();
  if (bytes > metadata_bytes_max)
    return error{errc::bad_command, "metadata of " + std::to_string(bytes) + " bytes; at most "
                                      + std::to_string(metadata_bytes_max)};
  if (options.command_key && options.command_key->empty())
    return error{errc::bad_command, "the command key is empty"};
  return std::nullopt;
}

error bad_id(std::string_view id) {
  return {errc::bad_id, "'" + std::string{id.substr(0, aggregate_id_bytes_max)}
                          + "' is no aggregate id: 1 to 128 characters of A-Z a-z 0-9 . _ : -"};
}

} // namespace

// -- opening --------------------------------------------------------------------------------------

door::door(caf::actor_system& system, provider& store, repository_options options,
           std::span<const detail::aggregate_table> tables)
  : system_(system),
    shared_(std::make_shared<repository_shared>(store, std::move(options), tables)) {
  for (std::int32_t p = 0; p < store.info().partition_count; ++p) {
    shared_->progress.push_back({.partition = p});
    partitions_.push_back(std::make_shared<partition>(shared_, system_, partition_id{p}));
  }
}

void door::open() {
  self_ = shared_from_this();
  commands_ = system_.spawn<command_actor>(shared_from_this());
  for (const auto& home : partitions_) {
    home->producer = system_.spawn<producer_actor>(home);
    home->prover = system_.spawn<proof_actor>(home);
    replays_.push_back(system_.spawn<replay_actor>(home));
    detail::tell_from_outside(replays_.back(), begin_restore{});
  }
}

result<void> door::wait_until_serving() {
  using phase = restore_progress::phase;
  std::unique_lock lock{shared_->mutex};
  for (;;) {
    bool all_serve = true;
    for (const auto& p : shared_->progress) {
      const bool comes_back = p.now == phase::fenced
                              && shared_->options.on_fenced == on_fenced::reclaim;
      if (p.now == phase::failed || p.now == phase::stopped
          || (p.now == phase::fenced && !comes_back))
        return error{p.now == phase::fenced ? errc::fenced : errc::store_unusable,
                     shared_->store_info.name + ", partition " + std::to_string(p.partition) + ": "
                       + p.failure};
      all_serve = all_serve && p.now == phase::serving;
    }
    if (all_serve)
      return {};
    shared_->changed.wait(lock);
  }
}

// -- commands -------------------------------------------------------------------------------------

const registered_aggregate* door::find_type(std::string_view name,
                                            const std::type_info& state) const {
  const auto* found = shared_->types.find_aggregate(name, state);
  if (found == nullptr)
    throw failure_exception({errc::bad_input, "the repository was made without aggregate type '"
                                                + std::string{name} + "'"});
  return found;
}

partition& door::partition_for(std::string_view id) const {
  const auto at = partition_of(id, shared_->store_info);
  return *partitions_[static_cast<std::size_t>(at.value)];
}

void door::finish_envelope(command_envelope& envelope, send_options options, std::string_view name,
                           std::string_view encoded) const {
  const auto& settings = shared_->options;
  envelope.expected_version = options.expected_version;
  envelope.strict = options.strict;
  envelope.has_key = options.command_key.has_value();
  envelope.command_id = options.command_key ? command_id::from_key(*options.command_key)
                                            : make_uuid_v7(settings.environment);
  envelope.digest = digest_of(name, encoded);
  envelope.time = settings.environment.system_now();
  envelope.deadline
    = settings.environment.steady_now() + options.timeout.value_or(settings.command_timeout);
  envelope.correlation_id = std::move(options.correlation_id);
  envelope.metadata = std::move(options.metadata);
  envelope.bytes = 512 + encoded.size();
}

result<std::shared_ptr<command_envelope>>
door::envelope_for(detail::prepared_command command) const {
  if (!is_valid_aggregate_id(command.id))
    return bad_id(command.id);
  if (auto why = unfit_options(command.options))
    return *why;
  auto envelope = std::make_shared<command_envelope>();
  envelope->id = std::move(command.id);
  envelope->aggregate = command.aggregate;
  std::string encoded;
  std::string_view name = "unit_of_work";
  if (command.command_type != nullptr) {
    for (const auto& registered : command.aggregate->commands)
      if (*registered.functions.type == *command.command_type)
        envelope->command = &registered;
    if (envelope->command == nullptr)
      return error{errc::bad_command, "aggregate type '" + command.aggregate->name
                                        + "' has no such command in its table"};
    envelope->payload = std::move(command.payload);
    name = envelope->command->name;
    try {
      envelope->command->functions.encode(envelope->payload.get(), encoded);
    } catch (const std::exception& e) {
      return error{errc::bad_command, e.what()};
    }
  } else {
    for (const auto& event : command.events)
      encoded.append(command.aggregate->events[event.event_index].name)
        .append(event.fields)
        .append(1, '\n');
    envelope->events = std::move(command.events);
  }
  finish_envelope(*envelope, std::move(command.options), name, encoded);
  return envelope;
}

void door::submit(std::shared_ptr<command_envelope> envelope, std::function<void(outcome)> done) {
  auto refuse = [&](error why) {
    outcome answer{std::move(why)};
    shared_->count(answer);
    done(std::move(answer));
  };
  auto& home = partition_for(envelope->id);
  if (auto why = home.closed())
    return refuse(*std::move(why));
  if (auto why = shared_->admit(envelope->bytes))
    return refuse(*std::move(why));
  // Again: a drain that began since has not counted this command.
  if (auto why = home.closed()) {
    shared_->release(envelope->bytes);
    refuse(*std::move(why));
    return shared_->callback_done();
  }
  auto* slot = home.hold_or_make(envelope->id);
  if (slot->pending.load(std::memory_order_relaxed) > shared_->options.commands_per_aggregate_max) {
    partition::let_go(*slot);
    shared_->release(envelope->bytes);
    refuse({errc::overloaded, std::to_string(shared_->options.commands_per_aggregate_max)
                                + " commands of " + envelope->id
                                + " are in flight (commands_per_aggregate_max)"});
    return shared_->callback_done();
  }
  envelope->done = std::move(done);
  detail::tell_from_outside(slot->actor, command_ptr{std::move(envelope)});
}

void door::send(detail::prepared_command command, std::function<void(outcome)> done) {
  auto envelope = envelope_for(std::move(command));
  if (envelope)
    return submit(*std::move(envelope), std::move(done));
  outcome answer{envelope.error()};
  shared_->count(answer);
  done(std::move(answer));
}

std::future<outcome> door::send_async(detail::prepared_command command) {
  auto promise = std::make_shared<std::promise<outcome>>();
  auto future = promise->get_future();
  send(std::move(command), [promise](outcome answer) { promise->set_value(std::move(answer)); });
  return future;
}

outcome door::send_and_wait(detail::prepared_command command) {
  if (detail::on_caf_thread)
    return error{errc::blocking_in_actor, "send() blocks, and this is an actor's thread: use "
                                          "send_async, send_then or a request"};
  // The aggregate answers by the deadline in any case; this wait needs no second one.
  return send_async(std::move(command)).get();
}

command_message door::message(detail::prepared_command command) {
  auto envelope = envelope_for(std::move(command));
  if (envelope)
    return {*std::move(envelope)};
  return {nullptr, envelope.error()};
}

// -- commands as JSON -----------------------------------------------------------------------------

namespace {

// Refuses what nlohmann/json lets pass: a key twice in one object, and great depth.
struct strict_check {
  static constexpr int depth_max = 64;
  std::vector<std::unordered_set<std::string>> keys;
  std::string defect;

  bool operator()(int depth, nlohmann::json::parse_event_t event, nlohmann::json& parsed) {
    using kind = nlohmann::json::parse_event_t;
    const bool opens = event == kind::object_start || event == kind::array_start;
    if (opens && depth >= depth_max && defect.empty())
      defect = "is deeper than " + std::to_string(depth_max) + " levels";
    if (event == kind::object_start) {
      keys.emplace_back();
    } else if (event == kind::object_end) {
      keys.pop_back();
    } else if (event == kind::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(name).second && defect.empty())
        defect = "has key '" + name + "' twice in one object";
    }
    return true;
  }
};

} // namespace

result<json_command> door::parse(std::string_view text, send_options options) const {
  auto bad = [](std::string what) { return error{errc::bad_command, std::move(what)}; };
  if (!simdjson::validate_utf8(text.data(), text.size()))
    return bad("the body is not valid UTF-8");
  nlohmann::json value;
  strict_check check;
  try {
    value = nlohmann::json::parse(text, std::ref(check));
  } catch (const nlohmann::json::exception& e) {
    return bad(std::string{"the body is not JSON: "} + e.what());
  }
  if (!check.defect.empty())
    return bad("the body " + check.defect);
  if (!value.is_object())
    return bad("the body is not a JSON object");
  const auto type = value.find("type");
  if (type == value.end() || !type->is_string())
    return bad("field 'type': "
               + std::string{type == value.end() ? "is missing" : "is not a string"});
  const auto& name = type->get_ref<const std::string&>();
  const auto* command = shared_->types.find_command(name);
  if (command == nullptr)
    return bad("unknown command type '" + name + "'");
  if (auto why = unfit_options(options))
    return *why;

  auto envelope = std::make_shared<command_envelope>();
  if (const auto id = value.find("id"); id != value.end()) {
    if (!id->is_string())
      return bad("field 'id': is not a string");
    envelope->id = id->get<std::string>();
    if (!is_valid_aggregate_id(envelope->id))
      return bad_id(envelope->id);
  } else {
    envelope->id = options.command_key ? aggregate_id_from_key(*options.command_key)
                                       : to_string(make_uuid_v7(shared_->options.environment));
  }
  envelope->aggregate = command->aggregate;
  envelope->command = command;
  std::string encoded;
  try {
    envelope->payload = command->functions.decode(value);
    command->functions.encode(envelope->payload.get(), encoded);
  } catch (const std::exception& e) {
    return bad(e.what());
  }
  finish_envelope(*envelope, std::move(options), name, encoded);
  return json_command{envelope->id, std::move(envelope)};
}

// -- queries --------------------------------------------------------------------------------------

std::optional<error> door::ask(std::string_view id,
                               std::function<void(const aggregate_core&)> look) {
  auto& home = partition_for(id);
  if (!home.is_readable() || shared_->stopping.load(std::memory_order_acquire))
    // By now it may be.
    return home.closed().value_or(error{
      errc::restoring, "partition " + std::to_string(home.id().value) + " is being restored"});
  shared_->callbacks_due.fetch_add(1, std::memory_order_acq_rel);
  auto* slot = home.hold(id);
  if (slot == nullptr) {
    shared_->callback_done();
    return error{errc::not_found, "there is no aggregate '" + std::string{id} + "'"};
  }
  detail::tell_from_outside(
    slot->actor,
    query_ptr{std::make_shared<const std::function<void(const aggregate_core&)>>(std::move(look))});
  return std::nullopt;
}

namespace {

error quarantine_error(const aggregate_core& core) {
  const auto& why = *core.quarantined();
  return {errc::quarantined, "the event at offset " + std::to_string(why.at.value) + " of "
                               + core.id() + " cannot be applied: " + why.cause};
}

std::optional<error> unreadable(const aggregate_core& core) {
  if (core.quarantined() != nullptr)
    return quarantine_error(core);
  if (core.committed_version() == version{})
    return error{errc::not_found, "there is no aggregate '" + core.id() + "'"};
  return std::nullopt;
}

} // namespace

std::optional<json_snapshot> snapshot_of(const aggregate_core& core, partition_id partition) {
  if (unreadable(core))
    return std::nullopt;
  json_snapshot shot{.id = core.id(),
                     .type = core.type()->name,
                     .version = core.committed_version(),
                     .partition = partition,
                     .offset = core.committed_offset()};
  core.type()->state.encode(core.committed_state().get(), shot.state);
  shot.hash = state_hash_of(shot.id, shot.type, shot.version, shot.state);
  return shot;
}

// Shows that this owner still is one, then calls `done`.
void door::prove(std::string_view id, const read_options& how,
                 std::function<void(const std::optional<error>&)> done) {
  auto& home = partition_for(id);
  constexpr std::size_t bytes = 512;
  if (auto why = home.closed())
    return done(why);
  if (auto why = shared_->admit(bytes))
    return done(why);
  // Again: a drain that began since has not counted this question.
  if (auto why = home.closed()) {
    shared_->release(bytes);
    done(why);
    return shared_->callback_done();
  }
  const auto& settings = shared_->options;
  const auto deadline
    = settings.environment.steady_now() + how.timeout.value_or(settings.command_timeout);
  detail::tell_from_outside(home.prover, proof_request_ptr{std::make_shared<const proof_request>(
                                           proof_request{std::string{id}, deadline,
                                                         [shared = shared_, done = std::move(done)](
                                                           const std::optional<error>& failure) {
                                                           shared->release(bytes);
                                                           done(failure);
                                                           shared->callback_done();
                                                         }})});
}

// Calls `then` in the aggregate's actor, or here with the reason why not.
void door::ask_as(std::string_view id, const read_options& how, seen then) {
  const auto ask_now = [self = this, id = std::string{id}](const seen& tell) {
    if (auto why = self->ask(id, [tell](const aggregate_core& core) { tell(&core); }))
      tell(*std::move(why));
  };
  if (!how.strict)
    return ask_now(then);
  if (!is_valid_aggregate_id(id)) // no record could be written under it
    return then(bad_id(id));
  prove(id, how, [ask_now, tell = std::move(then)](const std::optional<error>& failure) {
    if (failure)
      tell(*failure);
    else
      ask_now(tell);
  });
}

result<detail::erased_snapshot> door::get_and_wait(std::string id, const registered_aggregate* type,
                                                   const read_options& how) {
  if (detail::on_caf_thread)
    return error{errc::blocking_in_actor, "get() blocks, and this is an actor's thread"};
  auto promise = std::make_shared<std::promise<result<detail::erased_snapshot>>>();
  auto future = promise->get_future();
  const auto at = partition_for(id).id();
  ask_as(id, how, [promise, type, at](const result<const aggregate_core*>& found) {
    if (!found)
      return promise->set_value(found.error());
    const auto& core = **found;
    if (auto cannot = unreadable(core))
      promise->set_value(*std::move(cannot));
    else if (core.type() != type)
      promise->set_value(error{errc::wrong_type, core.id() + " is a '" + core.type()->name + "'"});
    else
      try {
        promise->set_value(detail::erased_snapshot{
          core.committed_version(), at, core.committed_offset(), core.committed_state().clone()});
      } catch (const std::exception& e) {
        promise->set_value(
          error{errc::domain_error, "the state cannot be copied: " + std::string{e.what()}});
      }
  });
  return future.get();
}

void door::get(std::string_view id, std::function<void(result<json_snapshot>)> done,
               const read_options& how) {
  const auto at = partition_for(id).id();
  ask_as(id, how, [done = std::move(done), at](const result<const aggregate_core*>& found) {
    if (!found)
      return done(found.error());
    if (auto cannot = unreadable(**found))
      return done(*std::move(cannot));
    try {
      done(*snapshot_of(**found, at));
    } catch (const std::exception& e) {
      done(error{errc::domain_error, "the state cannot be encoded: " + std::string{e.what()}});
    }
  });
}

void door::events(std::string_view id, version after, std::size_t events_max, events_done done) {
  auto& home = partition_for(id);
  shared_->store.read_aggregate(home.id(), std::string{id}, after, events_max,
                                [id = std::string{id}, after,
                                 done = std::move(done)](result<std::vector<stored_event>> events) {
                                  if (events && events->empty() && after == version{})
                                    return done(
                                      error{errc::not_found, "there is no aggregate '" + id + "'"});
                                  done(std::move(events));
                                });
}

void door::for_each(const std::function<void(const aggregate_core&)>& look) {
  // In groups, so that many aggregates mean neither many waits nor many messages at once.
  constexpr std::size_t group_size = 1'024;
  for (const auto& home : partitions_) {
    const auto ids = home->ids();
    for (std::size_t begin = 0; begin < ids.size(); begin += group_size) {
      const auto end = std::min(begin + group_size, ids.size());
      std::latch left{static_cast<std::ptrdiff_t>(end - begin)};
      for (auto i = begin; i < end; ++i) {
        auto why = ask(ids[i], [&](const aggregate_core& core) {
          look(core);
          left.count_down();
        });
        if (why)
          left.count_down();
      }
      left.wait();
    }
  }
}

// -- units of work --------------------------------------------------------------------------------

std::size_t door::event_index(const registered_aggregate* type, const std::type_info& event) const {
  for (std::size_t i = 0; i < type->events.size(); ++i)
    if (*type->events[i].functions.type == event)
      return i;
  throw failure_exception(
    {errc::bad_input, "the table of aggregate type '" + type->name + "' does not name this event"});
}

// -- taking over ----------------------------------------------------------------------------------

void door::take_over() {
  for (const auto& replay : replays_)
    detail::tell_from_outside(replay, cerk::take_over{});
}

// -- metrics --------------------------------------------------------------------------------------

repository_metrics door::metrics() const {
  const auto& s = *shared_;
  repository_metrics m{.commands_accepted = s.accepted,
                       .commands_rejected = s.rejected_count,
                       .commands_conflicting = s.conflicting,
                       .commands_failed = s.failed,
                       .commands_overloaded = s.overloaded,
                       .commands_unknown = s.unknown,
                       .answers_late = s.late,
                       .events_appended = s.events,
                       .batches_appended = s.batches,
                       .fences = s.fences,
                       .commands_in_flight = s.commands_in_flight,
                       .bytes_in_flight = s.bytes_in_flight};
  for (const auto& home : partitions_) {
    m.aggregates += home->size();
    m.aggregates_quarantined += home->quarantined;
  }
  return m;
}

// -- closing --------------------------------------------------------------------------------------

std::size_t door::drain() {
  shared_->stopping.store(true, std::memory_order_release);
  std::unique_lock lock{shared_->mutex};
  auto wait = [&](std::chrono::milliseconds at_most) {
    return shared_->changed.wait_for(lock, at_most, [&] { return shared_->is_drained(); });
  };
  if (wait(shared_->options.drain_timeout))
    return 0;
  const auto left = shared_->callbacks_due.load(std::memory_order_acquire);
  lock.unlock();
  // Behind every command in each mailbox: after it nothing waits there. Where no command could come
  // yet, the dealers have the aggregates.
  for (const auto& home : partitions_) {
    detail::tell_from_outside(home->prover, abandon_all{});
    if (home->was_readable())
      for (const auto& aggregate : home->actors())
        detail::tell_from_outside(aggregate, abandon_all{});
  }
  lock.lock();
  shared_->changed.wait(lock, [&] { return shared_->is_drained(); });
  return left;
}

void door::close() {
  drain();
  if (commands_)
    detail::tell_to_stop(commands_);
  for (const auto& replay : replays_)
    detail::tell_to_stop(replay);
  for (const auto& home : partitions_) {
    detail::tell_to_stop(home->producer);
    detail::tell_to_stop(home->prover);
    home->clear();
  }
  // The actors end when they come to it; what they still do then must not meet a store that is
  // gone.
  shared_->outside.close([&] {
    for (const auto& home : partitions_)
      home->reader = nullptr;
  });
  replays_.clear();
  commands_ = nullptr;
  self_ = nullptr; // the last act: this may be gone afterwards
}

} // namespace cerk
