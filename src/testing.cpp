// Given, when, then: folding what was given, deciding, and telling what differs.
#include "cerk/testing.hpp"

#include <algorithm>

namespace cerk::testing {

namespace {

std::string_view stored_name(const detail::aggregate_table& table, std::size_t event_index) {
  const auto found
    = std::find_if(table.event_names.begin(), table.event_names.end(),
                   [&](const auto& name) { return name.event_index == event_index; });
  return found != table.event_names.end() ? found->name : std::string_view{};
}

nlohmann::json value_of(const detail::encoded_event& event) {
  return nlohmann::json::parse('{' + event.fields + '}');
}

std::string one_line(const rejection& reason) {
  std::string text = reason.code;
  if (!reason.field.empty())
    text += " (" + reason.field + ')';
  if (!reason.text.empty())
    text += ": " + reason.text;
  return text;
}

template <class Range, class Show>
std::string lines(const Range& range, Show&& show) {
  std::string text;
  for (const auto& element : range)
    text += (text.empty() ? "" : "\n         ") + show(element);
  return text;
}

} // namespace

story::story(const detail::aggregate_table& table)
  : table_(std::make_unique<const detail::aggregate_table>(table)), state_(&table_->state) {
}

std::string story::named(const detail::encoded_event& event) const {
  return std::string{stored_name(*table_, event.event_index)} + " {" + event.fields + '}';
}

void story::happened(const detail::encoded_event& event) {
  given_.push_back(named(event));
  try {
    table_->events[event.event_index].apply_json(state_.get(), value_of(event));
  } catch (const std::exception& e) {
    fail("an event that can be applied", e.what());
  }
}

void story::decide(const std::type_info& command, const void* payload,
                   const command_context& about) {
  const auto found = std::find_if(table_->commands.begin(), table_->commands.end(),
                                  [&](const auto& known) { return *known.type == command; });
  if (found == table_->commands.end())
    throw expectation_failed{"the table of '" + std::string{table_->name}
                             + "' does not name this command"};
  const auto at = static_cast<std::size_t>(found - table_->commands.begin());
  try {
    when_ = table_->command_names[at].name;
    when_ += ' ';
    found->encode(payload, when_);
    found->decide(state_.get(), payload,
                  context{about.id,
                          {given_.size()},
                          about.time,
                          about.command_id,
                          about.correlation_id,
                          about.metadata},
                  decision_);
    for (const auto& event : decision_.events)
      table_->events[event.event_index].apply_json(state_.get(), value_of(event));
  } catch (const std::exception& e) {
    thrown_ = e.what();
  }
}

// -- comparing ------------------------------------------------------------------------------------

std::string story::actual() const {
  if (!thrown_.empty())
    return "thrown: " + thrown_;
  if (!decision_.rejections.empty())
    return "rejected: " + lines(decision_.rejections, one_line);
  if (decision_.events.empty())
    return "unchanged";
  return lines(decision_.events, [&](const auto& event) { return named(event); });
}

void story::fail(const std::string& expected, const std::string& found) const {
  std::string text = "given    ";
  text += given_.empty() ? "no events" : lines(given_, [](const auto& event) { return event; });
  if (!when_.empty())
    text += "\nwhen     " + when_;
  throw expectation_failed{text + "\nexpected " + expected + "\nactual   " + found};
}

void story::expect_events(const std::vector<detail::encoded_event>& expected) const {
  const auto same = [](const detail::encoded_event& one, const detail::encoded_event& other) {
    return one.event_index == other.event_index && value_of(one) == value_of(other);
  };
  if (!thrown_.empty() || !decision_.rejections.empty()
      || !std::equal(expected.begin(), expected.end(), decision_.events.begin(),
                     decision_.events.end(), same))
    fail(lines(expected, [&](const auto& event) { return named(event); }), actual());
}

void story::expect_rejection(const rejected& expected) const {
  const auto fits = [&](const rejection& reason) {
    return reason.code == expected.code && (!expected.field || *expected.field == reason.field);
  };
  if (!thrown_.empty()
      || std::none_of(decision_.rejections.begin(), decision_.rejections.end(), fits))
    fail("rejected: " + one_line({expected.code, {}, expected.field.value_or("")}), actual());
}

void story::expect_unchanged() const {
  if (!thrown_.empty() || !decision_.rejections.empty() || !decision_.events.empty())
    fail("unchanged", actual());
}

void story::expect_state(const std::string& expected) const {
  if (!thrown_.empty())
    fail("state " + expected, actual());
  std::string found;
  table_->state.encode(state_.get(), found);
  if (nlohmann::json::parse(expected) != nlohmann::json::parse(found))
    fail("state " + expected, "state " + found);
}

} // namespace cerk::testing
