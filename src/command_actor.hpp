/// The actor by which other actors send commands: a request in, an outcome back.
#pragma once

#include "front_door.hpp"
#include "messages.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include <memory>
#include <unordered_map>

namespace cerk {

/// To the command actor, from an aggregate: the answer to a request.
struct command_answered {
  std::uint64_t request = 0;
  std::shared_ptr<const outcome> answer;
};

/// One per repository. Keeps the promises of requests that wait; their number is bounded by
/// `commands_in_flight_max`, since a refused command is answered at once.
class command_actor : public caf::event_based_actor {
public:
  command_actor(caf::actor_config& config, std::shared_ptr<door> front)
    : caf::event_based_actor(config), door_(std::move(front)) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](const command_message& message) {
        auto promise = make_response_promise<outcome>();
        if (!message.envelope) {
          promise.deliver(outcome{message.refusal});
          return promise;
        }
        const auto request = next_request_++;
        waiting_.emplace(request, promise);
        door_->submit(message.envelope, [self = caf::actor{this}, request](outcome answer) {
          detail::tell_from_outside(
            self, command_answered{request, std::make_shared<const outcome>(std::move(answer))});
        });
        return promise;
      },
      [this](const command_answered& answered) {
        const auto found = waiting_.find(answered.request);
        if (found == waiting_.end())
          return;
        found->second.deliver(*answered.answer);
        waiting_.erase(found);
      },
    };
  }

private:
  std::shared_ptr<door> door_;
  std::uint64_t next_request_ = 1;
  std::unordered_map<std::uint64_t, caf::typed_response_promise<outcome>> waiting_;
};

} // namespace cerk

CERK_BEGIN_MESSAGES(cerk_command_actor, 750)
CERK_MESSAGE(cerk_command_actor, (cerk::command_answered))
CERK_END_MESSAGES(cerk_command_actor)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::command_answered)
