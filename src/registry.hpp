/// All aggregate types of a repository, looked up by their stored names.
#pragma once

#include "cerk/detail/table.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cerk {

struct registered_aggregate;

/// An event type under the name that is written.
struct registered_event {
  std::string name;
  detail::event_functions functions;
};

struct registered_command {
  std::string name;
  const registered_aggregate* aggregate = nullptr;
  detail::command_functions functions;
};

/// One aggregate type, owning its names.
struct registered_aggregate {
  std::string name;
  detail::state_functions state;
  std::vector<registered_event> events;
  std::vector<registered_command> commands;
};

/// What a stored name leads to.
struct event_lookup {
  const registered_aggregate* aggregate = nullptr;
  const registered_event* event = nullptr;
  detail::upcast_fn upcast = nullptr;
};

/// Immutable once filled; addresses of its entries are stable.
class registry {
public:
  /// Throws `failure_exception` (`bad_input`) on a name that two types would share, or on a type
  /// without events.
  explicit registry(std::span<const detail::aggregate_table> tables);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;

  const event_lookup* find_event(std::string_view stored_name) const noexcept;
  const registered_command* find_command(std::string_view stored_name) const noexcept;
  /// The aggregate type of this name and this C++ state type; nullptr if it was not registered.
  const registered_aggregate* find_aggregate(std::string_view name,
                                             const std::type_info& state) const noexcept;

  const std::vector<registered_aggregate>& aggregates() const noexcept {
    return aggregates_;
  }

private:
  struct text_hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class T>
  using by_name = std::unordered_map<std::string, T, text_hash, std::equal_to<>>;

  std::vector<registered_aggregate> aggregates_;
  by_name<event_lookup> events_;
  by_name<const registered_command*> commands_;
};

/// Reads one stored event and evolves `state` with it. `text` must be readable for 64 bytes past
/// its end. The first event of an aggregate sets `aggregate` and makes its state.
/// Throws: anything that the codec, an upcast or `evolve` throws, `detail::codec_error` above all.
void apply_stored_event(const registry& types, std::string_view id, std::string_view text,
                        const registered_aggregate*& aggregate, detail::state_box& state);

} // namespace cerk
