// A name from two lists, padded where an event has to have a size.
#include "users_generator.hpp"

#include "../../examples/users.hpp"

#include <array>

namespace example {

namespace {

constexpr std::array<std::string_view, 16> first_names{"Ada",      "Grace",  "Alan",     "Edsger",
                                                       "Barbara",  "Łukasz", "Søren",    "Zoë",
                                                       "李",       "Noor",   "Chloé",    "Jürgen",
                                                       "Владимир", "دانا",   "Jean-Luc", "O'Neil"};
constexpr std::array<std::string_view, 16> last_names{
  "Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov",  "Żółć", "Kierkegaard", "Ångström",
  "白",       "García", "Müller", "Nguyễn",   "Петрова", "كريم", "O'Brien",     "Smith-Jones"};

// The envelope and the fields' names around id, type and the two names.
constexpr std::size_t frame_bytes
  = sizeof R"({"id":"","type":"","create_time":"2026-11-23T05:51:48.123Z",)"
           R"("version":10,"first_name":"","last_name":""})"
    - 1;

std::string fields(const auto& event) {
  std::string text = "{";
  cerk::detail::encode_event_fields(text, event);
  return text + '}';
}

} // namespace

cerk::new_event make_user_event(const cerk::cli::fill_slot& slot) {
  const bool creates = slot.round == 0;
  const std::string type = creates ? "UserCreatedEvent" : "UserModifiedEvent";
  std::string first{first_names[slot.random % first_names.size()]};
  std::string last{last_names[slot.random / first_names.size() % last_names.size()]};
  const std::size_t bytes = frame_bytes + slot.id.size() + type.size() + first.size() + last.size();
  if (bytes < slot.bytes)
    last.append(slot.bytes - bytes, static_cast<char>('a' + slot.random % 26));
  return {.aggregate_id = std::string{slot.id},
          .type = type,
          .fields = creates ? fields(user_created{first, last})
                            : fields(user_modified{first, last})};
}

} // namespace example
