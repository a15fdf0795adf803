/// The Go library's way of working: load, add events, look at them, save. No `decide` needed.
#pragma once

#include "cerk/aggregate.hpp"
#include "cerk/command.hpp"
#include "cerk/detail/front_door.hpp"

#include <string>
#include <utility>
#include <vector>

namespace cerk {

/// One aggregate's uncommitted changes. Made by `aggregates::begin`; used by one thread.
template <class State>
class unit_of_work {
public:
  unit_of_work(detail::front_door* door, const registered_aggregate* type, std::string id,
               cerk::version at, State state)
    : door_(door), type_(type), id_(std::move(id)), version_(at), state_(std::move(state)) {
  }

  const std::string& id() const noexcept {
    return id_;
  }

  /// The version it began at; `save` expects it.
  cerk::version version() const noexcept {
    return version_;
  }

  /// The state with the uncommitted changes in it.
  const State& state() const noexcept {
    return state_;
  }

  /// The Go library's `AddNewEvent`. Throws what `evolve` throws, and `failure_exception` for an
  /// event type that the aggregate's table does not name or that cannot be stored; then nothing
  /// was added.
  template <class Event>
  unit_of_work& add(const Event& event) {
    detail::encoded_event encoded{door_->event_index(type_, typeid(Event)), {}};
    try {
      detail::encode_event_fields(encoded.fields, event);
    } catch (const detail::codec_error& e) {
      throw failure_exception({errc::domain_error, e.what()});
    }
    state_ = evolve(State{state_}, event);
    uncommitted_.push_back(std::move(encoded));
    return *this;
  }

  /// The Go library's `GetUncommitedChanges`: the fields of each event added, as JSON.
  std::vector<std::string> uncommitted() const {
    std::vector<std::string> changes;
    changes.reserve(uncommitted_.size());
    for (const auto& event : uncommitted_)
      changes.push_back('{' + event.fields + '}');
    return changes;
  }

  /// The Go library's `Save`, made durable: appends the changes if the aggregate is still at
  /// `version()`, else it is a conflict. Blocks. After a receipt the work goes on at its version,
  /// without uncommitted changes; otherwise they are kept. Saving nothing succeeds.
  outcome save(send_options options = {}) {
    options.expected_version = version_;
    auto saved = door_->send_and_wait(
      {.id = id_, .aggregate = type_, .events = uncommitted_, .options = std::move(options)});
    if (const auto* accepted = saved.get_receipt()) {
      version_ = accepted->version;
      uncommitted_.clear();
    }
    return saved;
  }

private:
  detail::front_door* door_;
  const registered_aggregate* type_;
  std::string id_;
  cerk::version version_;
  State state_;
  std::vector<detail::encoded_event> uncommitted_;
};

} // namespace cerk
