// Rejections in JSON inside a JSON string.
#include "stored_rejection.hpp"

#include <nlohmann/json.hpp>

namespace cerk {

using json = nlohmann::ordered_json;

std::string rejection_fields(const rejected& refusal) {
  auto errors = json::array();
  for (const auto& [code, text, field] : refusal.reasons)
    errors.push_back({{"code", code}, {"text", text}, {"field", field}});
  // What the domain says may be no UTF-8.
  const auto text = errors.dump(-1, ' ', false, json::error_handler_t::replace);
  const auto fields = json{{"conflict", refusal.conflict}, {"errors", text}}.dump();
  return fields.substr(1, fields.size() - 2);
}

std::optional<rejected> parse_rejection(std::string_view value, version actual) {
  const auto record = json::parse(value, nullptr, false);
  if (!record.is_object() || record.value("type", json{}) != rejected_type)
    return std::nullopt;
  const auto conflict = record.value("conflict", json{});
  const auto errors = record.value("errors", json{});
  if (!conflict.is_boolean() || !errors.is_string())
    return std::nullopt;
  const auto reasons = json::parse(errors.get_ref<const std::string&>(), nullptr, false);
  if (!reasons.is_array())
    return std::nullopt;
  rejected read{.conflict = conflict.get<bool>(), .actual = actual};
  for (const auto& reason : reasons) {
    if (!reason.is_object())
      return std::nullopt;
    const auto text = [&](const char* name) {
      const auto found = reason.find(name);
      return found != reason.end() && found->is_string() ? found->get<std::string>()
                                                         : std::string{};
    };
    read.reasons.push_back({text("code"), text("text"), text("field")});
  }
  return read;
}

} // namespace cerk
