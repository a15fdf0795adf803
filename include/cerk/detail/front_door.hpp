/// The repository without templates: what typed calls become.
#pragma once

#include "cerk/command.hpp"
#include "cerk/detail/caf_compat.hpp"
#include "cerk/detail/table.hpp"
#include "cerk/options.hpp"
#include "cerk/provider.hpp"

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include <functional>
#include <future>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace cerk {

struct command_envelope;
struct registered_aggregate;

/// A command by name, read and checked, ready to be sent.
struct json_command {
  std::string id;
  std::shared_ptr<command_envelope> envelope;
};

/// A command on its way to `repository::actor()`, from one actor to another.
struct command_message {
  /// None if the command was refused when the message was made; `refusal` says why.
  std::shared_ptr<command_envelope> envelope;
  error refusal{};
};

/// An aggregate that takes no commands.
struct quarantined_aggregate {
  std::string id;
  partition_id partition;
  cerk::offset offset;
  std::string cause;
};

} // namespace cerk

namespace cerk::detail {

/// A command with its type erased; `payload` is of `command_type`, or there are `events`.
struct prepared_command {
  std::string id;
  const registered_aggregate* aggregate = nullptr;
  const std::type_info* command_type = nullptr;
  std::shared_ptr<const void> payload;
  std::vector<encoded_event> events;
  send_options options;
};

/// A copy of a committed state.
struct erased_snapshot {
  cerk::version version;
  partition_id partition;
  cerk::offset offset;
  state_box state;
};

/// See `repository` and `aggregates`.
class front_door {
public:
  virtual ~front_door() = default;

  virtual const registered_aggregate*
  find_type(std::string_view name, const std::type_info& state) const
    = 0;
  virtual outcome send_and_wait(prepared_command command) = 0;
  virtual std::future<outcome> send_async(prepared_command command) = 0;
  virtual void send(prepared_command command, std::function<void(outcome)> done) = 0;
  virtual command_message message(prepared_command command) = 0;
  virtual result<erased_snapshot>
  get_and_wait(std::string id, const registered_aggregate* type, const read_options& how) = 0;

  /// The place of an event type in its table; throws `failure_exception` if it is not in it.
  virtual std::size_t
  event_index(const registered_aggregate* type, const std::type_info& event) const
    = 0;
};

struct close_front_door {
  void operator()(front_door* front) const;
};

std::unique_ptr<front_door, close_front_door>
open_front_door(caf::actor_system& system, provider& store, repository_options options,
                std::vector<aggregate_table> tables);

} // namespace cerk::detail

CERK_BEGIN_MESSAGES(cerk_public, 600)
CERK_MESSAGE(cerk_public, (cerk::command_message))
CERK_MESSAGE(cerk_public, (cerk::outcome))
CERK_END_MESSAGES(cerk_public)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::command_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::outcome)
