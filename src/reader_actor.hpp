/// The actor that waits for the log, so that no other has to.
#pragma once

#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

#include <chrono>

namespace cerk {

/// Opens its partition's reader, reads it on request and sends each batch to the replay actor. Runs
/// on a thread of its own where reading blocks.
class reader_actor : public caf::event_based_actor {
public:
  reader_actor(caf::actor_config& config, partition_ptr home, caf::actor replay)
    : caf::event_based_actor(config), home_(std::move(home)), replay_(std::move(replay)) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](open_reader wanted) {
        reader_opened opened;
        const bool is_open = home_->shared().outside.enter([&] {
          auto made = home_->shared().store.read(home_->id(), wanted.from);
          if (!made) {
            opened.failure = made.error();
            return;
          }
          opened.position = (*made)->position();
          opened.end = (*made)->end();
          home_->reader = *std::move(made);
        });
        if (is_open)
          detail::tell(this, replay_, std::move(opened));
      },
      [this](read_more wanted) {
        batch_read read;
        const bool is_open = home_->shared().outside.enter([&] {
          auto& reader = *home_->reader;
          // On a thread of CAF's it must not wait; and a read ahead of one that has reached the
          // end would keep the partition from serving.
          const bool waits = home_->shared().store_info.reading_blocks
                             && (wanted.goes_behind_end || reader.position() < reader.end());
          read.batch = waits ? reader.next(wanted.bytes)
                             : reader.next(wanted.bytes, std::chrono::milliseconds{0});
          read.position = reader.position();
          read.end = reader.end();
        });
        if (is_open)
          detail::tell(this, replay_, std::move(read));
      },
    };
  }

  void on_exit() override {
    home_->shared().outside.enter([&] { home_->reader = nullptr; });
    detail::tell_from_outside(replay_, reader_closed{});
  }

private:
  partition_ptr home_;
  caf::actor replay_;
};

} // namespace cerk
