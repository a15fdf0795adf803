/// What `decide` answers: events, a rejection, or that nothing changes.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace cerk {

/// One reason why the domain refuses a command.
struct rejection {
  /// For programs: stable, snake_case, for example "name_taken".
  std::string code;
  /// For people.
  std::string text;
  /// The command's field it is about; empty when it is about the whole.
  std::string field;

  friend bool operator==(const rejection&, const rejection&) = default;
};

/// One or more rejections: `return cerk::reject("too_short", "a name has two letters", "name");`
class reject {
public:
  explicit reject(std::string code, std::string text = {}, std::string field = {}) {
    also(std::move(code), std::move(text), std::move(field));
  }

  /// Adds a further reason.
  reject& also(std::string code, std::string text = {}, std::string field = {}) & {
    reasons_.push_back({std::move(code), std::move(text), std::move(field)});
    return *this;
  }

  reject&& also(std::string code, std::string text = {}, std::string field = {}) && {
    return std::move(also(std::move(code), std::move(text), std::move(field)));
  }

  const std::vector<rejection>& reasons() const& noexcept {
    return reasons_;
  }

  std::vector<rejection>&& reasons() && noexcept {
    return std::move(reasons_);
  }

private:
  std::vector<rejection> reasons_;
};

struct unchanged_t {};

/// The command asks for what is already so: accepted, no event.
inline constexpr unchanged_t unchanged{};

/// The answer of a `decide` that may produce `Events`, in the order in which they happen.
/// Converts from one event, from `{event, event, ...}`, from `reject(...)` and from `unchanged`.
template <class... Events>
class decision {
public:
  using event = std::variant<Events...>;

  decision(unchanged_t) {
  }

  decision(reject why) : rejections_(std::move(why).reasons()) {
  }

  template <class Event>
    requires(std::same_as<std::remove_cvref_t<Event>, Events> || ...)
  decision(Event&& happened) {
    events_.emplace_back(std::forward<Event>(happened));
  }

  decision(std::initializer_list<event> happened) : events_(happened) {
  }

  decision(std::vector<event> happened) : events_(std::move(happened)) {
  }

  /// Adds a further event at the end.
  decision& then(event happened) {
    events_.push_back(std::move(happened));
    return *this;
  }

  const std::vector<event>& events() const noexcept {
    return events_;
  }

  const std::vector<rejection>& rejections() const noexcept {
    return rejections_;
  }

private:
  std::vector<event> events_;
  std::vector<rejection> rejections_;
};

template <class T>
struct is_decision : std::false_type {};

template <class... Events>
struct is_decision<decision<Events...>> : std::true_type {};

} // namespace cerk
