/// The actor that gives a share of a partition's aggregates their records, on its own thread.
#pragma once

#include "messages.hpp"
#include "partition.hpp"

#include <caf/event_based_actor.hpp>

namespace cerk {

/// One per partition and worker, while it restores. An aggregate has always the same dealer, which
/// makes its actor, sends it its slices and lets it run at once. See
/// docs/decisions/0007-dealt-restore.md.
class dealer_actor : public caf::event_based_actor {
public:
  dealer_actor(caf::actor_config& config, partition_ptr home, caf::actor replay)
    : caf::event_based_actor(config),
      home_(std::move(home)),
      replay_(std::move(replay)),
      runner_(system()) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](const replay_share& share) {
        try {
          detail::tell(this, replay_, share_dealt{deal(share)});
        } catch (const std::exception& e) {
          detail::tell(this, replay_, share_dealt{error{errc::store_unusable, e.what()}});
        }
      },
    };
  }

private:
  // The number of events; fewer than in the share only if the partition was cleared.
  std::uint64_t deal(const replay_share& share) {
    // A count of its own, or all dealers would count on one cache line.
    const auto own = std::make_shared<std::shared_ptr<const replay_window>>(share.window);
    const std::shared_ptr<const replay_window> window{own, own->get()};
    home_->for_each_actor(share.parts,
                          [this](const auto&, const auto& actor) { aggregates_.push_back(actor); });
    std::uint64_t events = 0;
    for (std::size_t i = 0; i < aggregates_.size(); ++i) {
      fetch_ahead(share, i);
      const auto& part = share.parts[i];
      runner_.tell(aggregates_[i], replay_slice{window, part.begin, part.end});
      runner_.run();
      events += part.end - part.begin;
    }
    aggregates_.clear();
    return events;
  }

  // Records of one aggregate lie far apart, and another thread wrote them: while one aggregate
  // folds, those of the next ones are on their way into this core's cache.
  static void fetch_ahead(const replay_share& share, std::size_t now) {
    const auto& records = share.window->records;
    if (now + 16 < share.parts.size())
      for (auto i = share.parts[now + 16].begin; i < share.parts[now + 16].end; ++i)
        __builtin_prefetch(records[i]);
    if (now + 8 < share.parts.size())
      for (auto i = share.parts[now + 8].begin; i < share.parts[now + 8].end; ++i) {
        const auto& record = *records[i];
        const auto size = record.value_size + record.header_size + record.key_size;
        for (std::uint32_t line = 0; line < std::min<std::uint32_t>(size, 512); line += 64)
          __builtin_prefetch(record.bytes + line);
      }
  }

  partition_ptr home_;
  caf::actor replay_;
  detail::runner_on_this_thread runner_;
  std::vector<caf::actor> aggregates_; // of the share that is being dealt
};

} // namespace cerk
