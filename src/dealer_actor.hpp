/// The actor that gives a share of a partition's aggregates their records, on its own thread.
#pragma once

#include "aggregate_actor.hpp"
#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

namespace cerk {

/// A few for each partition while it restores: one for each core, over the partitions that are
/// restored at the same time. An aggregate has always the same dealer, which
/// makes its actor and has it fold each of its slices at once, without a message. See
/// docs/decisions/0007-dealt-restore.md.
class dealer_actor : public caf::event_based_actor {
public:
  dealer_actor(caf::actor_config& config, partition_ptr home, caf::actor replay, std::size_t index)
    : caf::event_based_actor(config),
      home_(std::move(home)),
      replay_(std::move(replay)),
      index_(index) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](const replay_share& share) {
        try {
          detail::tell(this, replay_, share_dealt{index_, deal(share)});
        } catch (const std::exception& e) {
          detail::tell(this, replay_, share_dealt{index_, error{errc::store_unusable, e.what()}});
        }
      },
    };
  }

private:
  // The number of events; none if the partition was cleared.
  std::uint64_t deal(const replay_share& share) {
    std::uint64_t events = 0;
    std::size_t i = 0;
    home_->for_each_actor(share.parts, [&](const auto& part, const caf::actor& aggregate) {
      fetch_ahead(share, i++);
      aggregate_actor::of(aggregate).restore(*share.window, part.begin, part.end);
      events += part.end - part.begin;
    });
    return events;
  }

  // Aggregates and their records lie far apart, and most of them another thread wrote: while one
  // aggregate folds, what the next ones will look at is on its way into this core's cache.
  static void fetch_ahead(const replay_share& share, std::size_t now) {
    const auto part_at = [&](std::size_t distance) {
      return now + distance < share.parts.size() ? &share.parts[now + distance] : nullptr;
    };
    const auto& records = share.window->records;
    if (const auto* part = part_at(24))
      fetch(part->slot, sizeof(aggregate_slot));
    if (const auto* part = part_at(16)) {
      for (auto i = part->begin; i < part->end; ++i)
        fetch(records[i], sizeof(record_view));
    }
    if (const auto* part = part_at(8)) {
      for (auto i = part->begin; i < part->end; ++i)
        fetch(records[i]->bytes, std::min(records[i]->value_size, 512u));
    }
  }

  static void fetch(const void* from, std::size_t bytes) {
    for (std::size_t at = 0; at < bytes; at += 64)
      __builtin_prefetch(static_cast<const char*>(from) + at);
  }

  partition_ptr home_;
  caf::actor replay_;
  std::size_t index_;
};

} // namespace cerk
