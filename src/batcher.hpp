/// Which appends go out together, and when: no timer, no actor, no I/O.
///
/// The first append goes at once; what comes while a flight is under way is the next batch.
///
///     add add add ─► queue ─► next() ─► flight 1 ─► landed()
///                          └► next() ─► flight 2 ─► landed()     (at most flights_max)
///
/// Order: batches hold the appends in the order in which they were added.
#pragma once

#include <cstddef>
#include <deque>
#include <vector>

namespace cerk {

/// Bounds of a batcher. A batch closes at whichever is reached first; one append above
/// `batch_bytes_max` goes alone.
struct batcher_limits {
  std::size_t flights_max = 1;
  std::size_t batch_items_max = 1;
  std::size_t batch_bytes_max = 1;
};

/// Queue of `Item`s on their way into batches. Its length is bounded by who fills it: the
/// repository admits at most `commands_in_flight_max` commands.
template <class Item>
class batcher {
public:
  explicit batcher(batcher_limits limits) : limits_(limits) {
  }

  void add(Item item, std::size_t bytes) {
    queue_.push_back({std::move(item), bytes});
  }

  /// Whether a batch may go out now.
  bool may_send() const noexcept {
    return !queue_.empty() && flights_ < limits_.flights_max;
  }

  /// The next batch, which then counts as a flight. Requires `may_send()`.
  std::vector<Item> next() {
    std::vector<Item> batch;
    std::size_t bytes = 0;
    while (!queue_.empty() && batch.size() < limits_.batch_items_max
           && (batch.empty() || bytes + queue_.front().bytes <= limits_.batch_bytes_max)) {
      bytes += queue_.front().bytes;
      batch.push_back(std::move(queue_.front().item));
      queue_.pop_front();
    }
    ++flights_;
    return batch;
  }

  /// A flight has ended.
  void landed() noexcept {
    --flights_;
  }

  /// Everything that has not gone out, in order.
  std::vector<Item> take_queue() {
    std::vector<Item> items;
    items.reserve(queue_.size());
    for (auto& queued : queue_)
      items.push_back(std::move(queued.item));
    queue_.clear();
    return items;
  }

  std::size_t flights() const noexcept {
    return flights_;
  }

  std::size_t queued() const noexcept {
    return queue_.size();
  }

  bool is_idle() const noexcept {
    return queue_.empty() && flights_ == 0;
  }

  template <class F>
  void for_each_queued(F&& f) const {
    for (const auto& queued : queue_)
      f(queued.item);
  }

private:
  struct queued_item {
    Item item;
    std::size_t bytes;
  };

  batcher_limits limits_;
  std::deque<queued_item> queue_;
  std::size_t flights_ = 0;
};

} // namespace cerk
