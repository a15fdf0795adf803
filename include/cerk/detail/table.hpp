/// Where templates end: an aggregate type as a table of plain functions on erased values.
#pragma once

#include "cerk/command.hpp"
#include "cerk/detail/codec.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <typeinfo>
#include <vector>

namespace cerk::detail {

/// A stored event while it is read: either as a cursor behind its envelope, or as whole text.
class event_source {
public:
  /// Reads `text` (readable for 64 bytes past its end) with `parser`, up to where its own fields
  /// begin. `type()` and `id()` are empty if it has none. Throws `codec_error`.
  event_source(ondemand::parser& parser, std::string_view text);

  std::string_view type() const noexcept {
    return type_;
  }

  std::string_view id() const noexcept {
    return id_;
  }

  std::string_view text() const noexcept {
    return text_;
  }

  /// The event's own fields and whatever envelope fields are left among them. Call at most once.
  object_cursor& fields();

private:
  std::string_view text_;
  std::string_view id_;
  std::string_view type_;
  ondemand::document document_;
  ondemand::object object_;
  object_cursor cursor_;
  bool rewind_ = false;
};

/// An event that `decide` made: which type, and its fields as `"a":1,"b":2`.
struct encoded_event {
  std::size_t event_index = 0;
  std::string fields;
};

/// What an erased `decide` leaves behind.
struct encoded_decision {
  std::vector<encoded_event> events;
  std::vector<rejection> rejections;
};

using upcast_fn = nlohmann::json (*)(nlohmann::json);

/// The functions of one state type.
struct state_functions {
  const std::type_info* type = nullptr;
  void* (*create)() = nullptr;
  void* (*clone)(const void*) = nullptr;
  void (*destroy)(void*) noexcept = nullptr;
  void (*encode)(const void*, std::string&) = nullptr;
};

/// The functions of one event type. Both throw what the codec and `evolve` throw.
struct event_functions {
  const std::type_info* type = nullptr;
  /// Reads the event and evolves the state with it.
  void (*apply)(void* state, event_source& source) = nullptr;
  void (*apply_json)(void* state, const nlohmann::json& value) = nullptr;
};

/// The functions of one command type.
struct command_functions {
  const std::type_info* type = nullptr;
  std::shared_ptr<const void> (*decode)(const nlohmann::json& value) = nullptr;
  void (*encode)(const void* command, std::string& out) = nullptr;
  void (*decide)(const void* state, const void* command, const context& about,
                 encoded_decision& out)
    = nullptr;
};

/// One stored name: an event's own, an alias, or an old shape with its upcast.
struct event_name {
  std::string_view name;
  std::size_t event_index = 0;
  upcast_fn upcast = nullptr;
};

struct command_name {
  std::string_view name;
  std::size_t command_index = 0;
};

/// One aggregate type. The spans point into the `cerk::aggregate` it was made from.
struct aggregate_table {
  std::string_view name;
  state_functions state;
  /// The first name of an event index is the one that is written.
  std::span<const event_name> event_names;
  std::span<const event_functions> events;
  std::span<const command_name> command_names;
  std::span<const command_functions> commands;
};

/// An erased, owned state.
class state_box {
public:
  state_box() = default;
  explicit state_box(const state_functions* functions)
    : functions_(functions), object_(functions->create()) {
  }
  state_box(state_box&& other) noexcept
    : functions_(other.functions_), object_(std::exchange(other.object_, nullptr)) {
  }
  state_box& operator=(state_box&& other) noexcept {
    std::swap(functions_, other.functions_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~state_box() {
    if (object_ != nullptr)
      functions_->destroy(object_);
  }

  explicit operator bool() const noexcept {
    return object_ != nullptr;
  }

  state_box clone() const {
    state_box copy;
    copy.functions_ = functions_;
    copy.object_ = object_ != nullptr ? functions_->clone(object_) : nullptr;
    return copy;
  }

  void* get() noexcept {
    return object_;
  }

  const void* get() const noexcept {
    return object_;
  }

private:
  const state_functions* functions_ = nullptr;
  void* object_ = nullptr;
};

} // namespace cerk::detail
