/// The actor that waits for the log, so that no other has to.
#pragma once

#include <memory>

#include <caf/event_based_actor.hpp>

#include "messages.hpp"

namespace cerk {

/// Reads one partition on request and sends each batch to the replay actor. Runs on a thread of its
/// own where reading blocks.
class reader_actor : public caf::event_based_actor {
public:
  reader_actor(caf::actor_config& config, std::unique_ptr<record_reader> reader, caf::actor replay)
    : caf::event_based_actor(config), reader_(std::move(reader)), replay_(std::move(replay)) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](read_more wanted) {
        auto batch = reader_->next(wanted.bytes);
        detail::tell(this, replay_,
                     batch_read{std::move(batch), reader_->position(), reader_->end()});
      },
    };
  }

private:
  std::unique_ptr<record_reader> reader_;
  caf::actor replay_;
};

} // namespace cerk
