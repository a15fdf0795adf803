// Stored names to types, and stored events to states.
#include "registry.hpp"

namespace cerk {

namespace {

[[noreturn]] void refuse(std::string what) {
  throw failure_exception({errc::bad_input, std::move(what)});
}

registered_aggregate own(const detail::aggregate_table& table) {
  registered_aggregate owned{.name = std::string{table.name}, .state = table.state};
  for (std::size_t i = 0; i < table.events.size(); ++i) {
    std::string_view written;
    for (const auto& name : table.event_names)
      if (name.event_index == i && written.empty())
        written = name.name;
    owned.events.push_back({std::string{written}, table.events[i]});
  }
  for (std::size_t i = 0; i < table.commands.size(); ++i)
    owned.commands.push_back(
      {std::string{table.command_names[i].name}, nullptr, table.commands[i]});
  return owned;
}

} // namespace

registry::registry(std::span<const detail::aggregate_table> tables) {
  for (const auto& table : tables)
    aggregates_.push_back(own(table));
  for (std::size_t i = 0; i < tables.size(); ++i) {
    auto& aggregate = aggregates_[i];
    if (aggregate.events.empty())
      refuse("aggregate '" + aggregate.name + "' has no events");
    for (std::size_t other = 0; other < i; ++other)
      if (aggregates_[other].name == aggregate.name)
        refuse("two aggregate types are called '" + aggregate.name + "'");
    for (const auto& name : tables[i].event_names) {
      auto [entry, fresh] = events_.try_emplace(
        std::string{name.name},
        event_lookup{&aggregate, &aggregate.events[name.event_index], name.upcast});
      // Within one table the only second entry for a name is its upcast; the table checked that.
      if (!fresh && entry->second.aggregate != &aggregate)
        refuse("event name '" + std::string{name.name} + "' is used by aggregates '"
               + entry->second.aggregate->name + "' and '" + aggregate.name + "'");
      if (!fresh)
        entry->second.upcast = name.upcast;
    }
    for (auto& command : aggregate.commands) {
      command.aggregate = &aggregate;
      if (auto [entry, fresh] = commands_.try_emplace(command.name, &command); !fresh)
        refuse("command name '" + command.name + "' is used by aggregates '"
               + entry->second->aggregate->name + "' and '" + aggregate.name + "'");
    }
  }
}

const event_lookup* registry::find_event(std::string_view stored_name) const noexcept {
  const auto found = events_.find(stored_name);
  return found != events_.end() ? &found->second : nullptr;
}

const registered_command* registry::find_command(std::string_view stored_name) const noexcept {
  const auto found = commands_.find(stored_name);
  return found != commands_.end() ? found->second : nullptr;
}

const registered_aggregate* registry::find_aggregate(std::string_view name,
                                                     const std::type_info& state) const noexcept {
  for (const auto& aggregate : aggregates_)
    if (aggregate.name == name && *aggregate.state.type == state)
      return &aggregate;
  return nullptr;
}

void apply_stored_event(const registry& types, std::string_view id, std::string_view text,
                        const registered_aggregate*& aggregate, detail::state_box& state) {
  static thread_local detail::ondemand::parser parser;
  detail::event_source source{parser, text};
  if (source.type().empty())
    throw detail::codec_error("type", "is missing");
  if (source.id() != id)
    throw detail::codec_error("id", source.id().empty()
                                      ? "is missing"
                                      : "is '" + std::string{source.id()}
                                          + "', but the record's key is '" + std::string{id} + "'");
  const auto* found = types.find_event(source.type());
  if (found == nullptr)
    throw detail::codec_error("type", "unknown event type '" + std::string{source.type()} + "'");
  if (aggregate != nullptr && aggregate != found->aggregate)
    throw detail::codec_error("type", "an event of aggregate type '" + found->aggregate->name
                                        + "' on a '" + aggregate->name + "'");
  if (!state)
    state = detail::state_box{&found->aggregate->state};
  if (found->upcast != nullptr)
    found->event->functions.apply_json(state.get(), found->upcast(nlohmann::json::parse(text)));
  else
    found->event->functions.apply(state.get(), source);
  aggregate = found->aggregate;
}

} // namespace cerk
