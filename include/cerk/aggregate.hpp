/// The one table in which a domain's types meet their stored names.
///
///     inline constexpr auto users = cerk::aggregate<user>("user")
///       .event<user_created>("UserCreatedEvent")
///       .command<create_user>("CreateUserCommand");
///
/// A stored name is a promise kept for ever: renaming a type costs nothing, renaming here needs
/// the old name as an alias.
#pragma once

#include "cerk/decision.hpp"
#include "cerk/detail/table.hpp"

#include <array>
#include <concepts>
#include <stdexcept>
#include <string_view>
#include <type_traits>

namespace cerk {

namespace detail {

template <class State, class Event>
inline constexpr bool has_evolve = requires(State state, const Event& event) {
  { evolve(std::move(state), event) } -> std::convertible_to<State>;
};

template <class State, class Command>
inline constexpr bool has_decide_with_context
  = requires(const State& state, const Command& command, const context& about) {
      decide(state, command, about);
    };

template <class State, class Command>
inline constexpr bool has_decide_alone
  = requires(const State& state, const Command& command) { decide(state, command); };

template <class State, class Command>
inline constexpr bool has_decide
  = has_decide_with_context<State, Command> || has_decide_alone<State, Command>;

// Written where the domain's own types are found by their namespace (argument-dependent lookup).
template <class State, class Command>
auto call_decide(const State& state, const Command& command, const context& about) {
  if constexpr (has_decide_with_context<State, Command>)
    return decide(state, command, about);
  else
    return decide(state, command);
}

constexpr bool is_envelope_field(std::string_view name) {
  for (std::string_view taken :
       {"id", "type", "version", "create_time", "createTime", "payload", "Event"})
    if (name == taken)
      return true;
  return false;
}

template <class T>
constexpr bool avoids_envelope_fields() {
  bool avoids = true;
  if constexpr (described_struct<T>)
    boost::mp11::mp_for_each<members_of<T>>(
      [&](auto d) { avoids = avoids && !is_envelope_field(d.name); });
  return avoids;
}

/// The fields of an object that nlohmann wrote, without braces; refuses envelope names.
std::string fields_of(const nlohmann::json& object);

template <class Event>
void encode_event_fields(std::string& out, const Event& event) {
  if constexpr (described_struct<Event>)
    encode_fields(out, event, path{});
  else
    out += fields_of(nlohmann::json(event));
}

template <class State>
constexpr state_functions make_state_functions() {
  return {
    .type = &typeid(State),
    .create = []() -> void* { return new State{}; },
    .clone
    = [](const void* state) -> void* { return new State(*static_cast<const State*>(state)); },
    .destroy = [](void* state) noexcept { delete static_cast<State*>(state); },
    .encode = [](const void* state,
                 std::string& out) { encode(out, *static_cast<const State*>(state), path{}); },
  };
}

// Where `evolve` or `decide` is missing these do nothing: the table's one sentence is enough.
template <class State, class Event>
void call_evolve(void* state, const Event& event) {
  if constexpr (has_evolve<State, Event>) {
    State& self = *static_cast<State*>(state);
    self = evolve(std::move(self), event);
  }
}

template <class State, class Event>
constexpr event_functions make_event_functions() {
  return {
    .type = &typeid(Event),
    .apply =
      [](void* state, event_source& source) {
        Event event{};
        if constexpr (described_struct<Event>)
          decode_fields(source.fields(), event, path{});
        else
          decode(nlohmann::json::parse(source.text()), event, path{});
        call_evolve<State>(state, event);
      },
    .apply_json =
      [](void* state, const nlohmann::json& value) {
        Event event{};
        decode(value, event, path{});
        call_evolve<State>(state, event);
      },
  };
}

template <class Event, class... Events>
constexpr std::size_t index_of_event() {
  std::size_t index = 0;
  const bool found = ((std::same_as<Event, Events> || (++index, false)) || ...);
  return found ? index : sizeof...(Events);
}

// `Events` are those of the table, in its order; `Decided` those that this decide may return.
template <class... Events, class... Decided>
void encode_decision(const decision<Decided...>& decided, encoded_decision& out) {
  out.rejections = decided.rejections();
  out.events.reserve(decided.events().size());
  for (const auto& happened : decided.events())
    std::visit(
      [&]<class Event>(const Event& event) {
        constexpr std::size_t index = index_of_event<Event, Events...>();
        static_assert(index < sizeof...(Events),
                      "decide() returns an event that the aggregate's table does not name: "
                      "add .event<...>(\"StoredName\") before .command<...>");
        encode_event_fields(out.events.emplace_back(encoded_event{index, {}}).fields, event);
      },
      happened);
}

template <class State, class Command, class... Events>
constexpr command_functions make_command_functions() {
  return {
    .type = &typeid(Command),
    .decode = [](const nlohmann::json& value) -> std::shared_ptr<const void> {
      auto command = std::make_shared<Command>();
      decode(value, *command, path{});
      return command;
    },
    .encode = [](const void* command,
                 std::string& out) { encode(out, *static_cast<const Command*>(command), path{}); },
    .decide =
      [](const void* state, const void* command, const context& about, encoded_decision& out) {
        if constexpr (has_decide<State, Command>)
          encode_decision<Events...>(call_decide(*static_cast<const State*>(state),
                                                 *static_cast<const Command*>(command), about),
                                     out);
      },
  };
}

template <class... Ts>
struct types {};

} // namespace detail

/// One aggregate type: its state, its events and its commands under their stored names.
/// A literal type, meant to be `inline constexpr`; names must be string literals. Mistakes (two
/// types with one name, a missing `evolve` or `decide`) do not compile.
template <class State, class Events = detail::types<>, class Commands = detail::types<>,
          std::size_t NameCount = 0>
class aggregate_type;

template <class State, class... Events, class... Commands, std::size_t NameCount>
class aggregate_type<State, detail::types<Events...>, detail::types<Commands...>, NameCount> {
public:
  using state = State;

  static_assert(std::default_initializable<State> && std::copyable<State>,
                "an aggregate's state must be default-constructible and copyable");
  static_assert(detail::is_encodable<State>,
                "an aggregate's state must be described (BOOST_DESCRIBE_STRUCT) or have "
                "nlohmann/json conversions");

  constexpr aggregate_type(std::string_view name,
                           std::array<detail::event_name, NameCount> event_names,
                           std::array<detail::command_name, sizeof...(Commands)> command_names)
    : name_(name), event_names_(event_names), command_names_(command_names) {
  }

  constexpr std::string_view name() const noexcept {
    return name_;
  }

  /// Adds an event type under its stored name, and older names under which it was stored in the
  /// same shape.
  template <class Event, class... Aliases>
  constexpr auto event(std::string_view stored_name, Aliases... aliases) const {
    static_assert(detail::has_evolve<State, Event>,
                  "write evolve(State, const Event&) -> State next to the event, in its namespace");
    static_assert(detail::is_encodable<Event>,
                  "an event must be described (BOOST_DESCRIBE_STRUCT) or have nlohmann/json "
                  "conversions");
    static_assert(std::default_initializable<Event>, "an event must be default-constructible");
    static_assert(detail::avoids_envelope_fields<Event>(),
                  "an event field must not be called id, type, version, create_time, createTime, "
                  "payload or Event: the envelope has these");
    static_assert(detail::index_of_event<Event, Events...>() == sizeof...(Events),
                  "this event type is in the table already; give its older names as aliases");
    std::array<detail::event_name, NameCount + 1 + sizeof...(Aliases)> names{};
    copy_names(names);
    std::size_t at = NameCount;
    for (std::string_view added : {stored_name, std::string_view{aliases}...}) {
      names[at] = {checked(added, names, at), sizeof...(Events), nullptr};
      ++at;
    }
    return aggregate_type<State, detail::types<Events..., Event>, detail::types<Commands...>,
                          NameCount + 1 + sizeof...(Aliases)>{name_, names, command_names_};
  }

  /// Reads events stored as `old_name` by turning their JSON into the present shape of the event
  /// type added last. With that event's present name, `turn` is given every stored event of it and
  /// must leave the present shape alone.
  constexpr auto upcast(std::string_view old_name, detail::upcast_fn turn) const {
    static_assert(sizeof...(Events) > 0, ".upcast belongs behind the .event it leads to");
    std::array<detail::event_name, NameCount + 1> names{};
    copy_names(names);
    for (std::size_t i = 0; i < NameCount; ++i)
      if (names[i].name == old_name && names[i].event_index != sizeof...(Events) - 1)
        throw std::logic_error("upcast: the name belongs to another event type");
    names[NameCount] = {old_name, sizeof...(Events) - 1, turn};
    return aggregate_type<State, detail::types<Events...>, detail::types<Commands...>,
                          NameCount + 1>{name_, names, command_names_};
  }

  /// Adds a command type under the name that HTTP and the command line use. The events it may
  /// produce must be in the table before it.
  template <class Command>
  constexpr auto command(std::string_view stored_name) const {
    static_assert(detail::has_decide<State, Command>,
                  "write decide(const State&, const Command&) -> cerk::decision<Events...> next to "
                  "the command, in its namespace; a third parameter const cerk::context& is "
                  "optional");
    if constexpr (detail::has_decide<State, Command>)
      static_assert(is_decision<decltype(detail::call_decide(
                      std::declval<const State&>(), std::declval<const Command&>(),
                      std::declval<const context&>()))>::value,
                    "decide() must return cerk::decision<Events...>");
    static_assert(detail::is_encodable<Command> && std::default_initializable<Command>,
                  "a command must be default-constructible and described (BOOST_DESCRIBE_STRUCT) "
                  "or have nlohmann/json conversions");
    std::array<detail::command_name, sizeof...(Commands) + 1> names{};
    for (std::size_t i = 0; i < sizeof...(Commands); ++i) {
      names[i] = command_names_[i];
      if (names[i].name == stored_name)
        throw std::logic_error("two command types with one stored name");
    }
    names[sizeof...(Commands)] = {stored_name, sizeof...(Commands)};
    return aggregate_type<State, detail::types<Events...>, detail::types<Commands..., Command>,
                          NameCount>{name_, event_names_, names};
  }

  /// The table behind which templates end. Points into this object.
  constexpr detail::aggregate_table table() const noexcept {
    return {name_,          state_functions_,  event_names_, event_functions_,
            command_names_, command_functions_};
  }

private:
  template <std::size_t N>
  constexpr void copy_names(std::array<detail::event_name, N>& to) const {
    for (std::size_t i = 0; i < NameCount; ++i)
      to[i] = event_names_[i];
  }

  template <std::size_t N>
  static constexpr std::string_view checked(std::string_view added,
                                            const std::array<detail::event_name, N>& names,
                                            std::size_t count) {
    if (added.empty() || added.starts_with("cerk."))
      throw std::logic_error("a stored name must not be empty or begin with 'cerk.'");
    for (std::size_t i = 0; i < count; ++i)
      if (names[i].name == added)
        throw std::logic_error("two event types with one stored name");
    return added;
  }

  static constexpr detail::state_functions state_functions_ = detail::make_state_functions<State>();
  static constexpr std::array<detail::event_functions, sizeof...(Events)> event_functions_{
    detail::make_event_functions<State, Events>()...};
  static constexpr std::array<detail::command_functions, sizeof...(Commands)> command_functions_{
    detail::make_command_functions<State, Commands, Events...>()...};

  std::string_view name_;
  std::array<detail::event_name, NameCount> event_names_;
  std::array<detail::command_name, sizeof...(Commands)> command_names_;
};

/// Begins the table of an aggregate type. `name` is what HTTP, the command line and logs call it.
template <class State>
constexpr aggregate_type<State> aggregate(std::string_view name) {
  return {name, {}, {}};
}

} // namespace cerk
