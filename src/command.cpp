// Receipts and outcomes as text.
#include "cerk/command.hpp"

namespace cerk {

std::vector<std::string> receipt::event_ids() const {
  std::vector<std::string> ids;
  ids.reserve(event_count);
  for (std::uint32_t k = 1; k <= event_count; ++k)
    ids.push_back(event_id(command_id, k));
  return ids;
}

namespace {

std::string describe(const rejected& refusal) {
  if (refusal.conflict)
    return "rejected: conflict, the aggregate is at version "
           + std::to_string(refusal.actual.value);
  std::string text = "rejected:";
  for (const auto& reason : refusal.reasons) {
    text.append(" ").append(reason.code);
    if (!reason.field.empty())
      text.append(" (").append(reason.field).append(")");
    if (!reason.text.empty())
      text.append(": ").append(reason.text);
    text += ';';
  }
  text.pop_back();
  return text;
}

} // namespace

std::string to_string(const outcome& o) {
  if (auto* accepted = o.get_receipt())
    return "accepted: " + accepted->id + " at version " + std::to_string(accepted->version.value);
  if (auto* refusal = o.get_rejection())
    return describe(*refusal);
  return "failed: " + to_string(*o.get_failure());
}

} // namespace cerk
