/// Given, when, then: a domain's rules as tests, without actors, stores or clocks.
///
///     using namespace cerk::testing;
///     given(users, user_created{"Ada", "Byron"})
///       .when(update_user{"Ada", "Lovelace"})
///       .then(user_modified{"Ada", "Lovelace"})
///       .then_state(user{"Ada", "Lovelace"});
///     given(users).when(update_user{"Ada", "Lovelace"}).then(rejected("no_such_user", "id"));
///
/// Works in any test framework: what does not hold is thrown as `expectation_failed`. Events and
/// states are compared by their stored JSON, so they need no `operator==`; and each event goes
/// through that JSON on its way to `evolve`, as it does in a repository.
#pragma once

#include "cerk/aggregate.hpp"
#include "cerk/command.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace cerk::testing {

/// Something was not as expected; `what()` shows what was given, when, expected and actual.
class expectation_failed : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

/// What `decide` is told besides the command; the version is the number of events given.
struct command_context {
  std::string id = "id";
  std::chrono::system_clock::time_point time{};
  cerk::command_id command_id{};
  std::string correlation_id{};
  cerk::metadata metadata{};
};

/// The expectation of a rejection with this code and, if given, about this field. Of several
/// reasons one has to fit.
struct rejected {
  explicit rejected(std::string expected_code, std::optional<std::string> expected_field = {})
    : code(std::move(expected_code)), field(std::move(expected_field)) {
  }

  std::string code;
  std::optional<std::string> field;
};

/// One test under way: what was given, and the state that it makes. See `given`.
class story {
public:
  explicit story(const detail::aggregate_table& table);

  /// Evolves the state. Throws `expectation_failed` if `evolve` or the codec throws.
  void happened(const detail::encoded_event& event);
  /// Decides, then evolves the state with the decision's events; what throws is part of the actual.
  void decide(const std::type_info& command, const void* payload, const command_context& about);

  void expect_events(const std::vector<detail::encoded_event>& expected) const;
  void expect_rejection(const rejected& expected) const;
  void expect_unchanged() const;
  void expect_state(const std::string& expected) const;

private:
  std::string named(const detail::encoded_event& event) const;
  std::string actual() const;
  [[noreturn]] void fail(const std::string& expected, const std::string& found) const;

  std::unique_ptr<const detail::aggregate_table> table_; // in one place: the state points into it
  detail::state_box state_;
  std::vector<std::string> given_;
  std::string when_;
  detail::encoded_decision decision_;
  std::string thrown_; // by the domain while it decided or evolved
};

namespace encoding {

template <class Event, class State, class... Events, class Commands, std::size_t Names>
detail::encoded_event
encode(const aggregate_type<State, detail::types<Events...>, Commands, Names>&,
       const Event& event) {
  constexpr auto index = detail::index_of_event<Event, Events...>();
  static_assert(index < sizeof...(Events), "the aggregate's table does not name this event");
  detail::encoded_event encoded{index, {}};
  detail::encode_event_fields(encoded.fields, event);
  return encoded;
}

} // namespace encoding

/// What the domain decided; each `then` throws `expectation_failed` unless it holds.
template <class Type>
class decided {
public:
  decided(const Type& type, story told) : type_(&type), told_(std::move(told)) {
  }

  /// Exactly these events, in this order.
  template <class... Events>
    requires(sizeof...(Events) > 0)
  const decided& then(const Events&... expected) const {
    told_.expect_events({encoding::encode(*type_, expected)...});
    return *this;
  }

  /// No events, and this among the reasons.
  const decided& then(const rejected& expected) const {
    told_.expect_rejection(expected);
    return *this;
  }

  /// Accepted, without an event.
  const decided& then(unchanged_t) const {
    told_.expect_unchanged();
    return *this;
  }

  /// The state after the decision's events.
  const decided& then_state(const typename Type::state& expected) const {
    std::string text;
    detail::encode(text, expected, detail::path{});
    told_.expect_state(text);
    return *this;
  }

private:
  const Type* type_;
  story told_;
};

/// What had happened before.
template <class Type>
class given_events {
public:
  given_events(const Type& type, story told) : type_(&type), told_(std::move(told)) {
  }

  /// Decides. `about` is what a repository would have known.
  template <class Command>
  decided<Type> when(const Command& command, const command_context& about = {}) && {
    told_.decide(typeid(Command), &command, about);
    return {*type_, std::move(told_)};
  }

private:
  const Type* type_;
  story told_;
};

/// Begins a test: an aggregate of `type` to which `events` happened, in this order. `type` must
/// outlive it, as the usual `inline constexpr` table does.
template <class Type, class... Events>
given_events<Type> given(const Type& type, const Events&... events) {
  story told{type.table()};
  (told.happened(encoding::encode(type, events)), ...);
  return {type, std::move(told)};
}

} // namespace cerk::testing
