// The table of statuses, receipts, aggregates, pages and readiness.
#include "answers.hpp"

#include <algorithm>
#include <cmath>

namespace writer {

namespace {

using json = nlohmann::ordered_json;

constexpr unsigned status_of(cerk::errc code) noexcept {
  using cerk::errc;
  switch (code) {
    case errc::bad_id:
    case errc::bad_command:
    case errc::bad_input:
      return 400;
    case errc::not_found:
      return 404;
    case errc::wrong_type:
      return 409;
    case errc::event_too_large:
      return 413;
    case errc::command_id_reused:
      return 422;
    case errc::quarantined:
      return 423;
    case errc::overloaded:
      return 429;
    case errc::restoring:
    case errc::fenced:
    case errc::stopping:
    case errc::unavailable:
    case errc::read_only:
    case errc::store_unusable:
    case errc::store_in_use:
      return 503;
    case errc::unknown:
      return 504;
    case errc::domain_error:
    case errc::blocking_in_actor:
    case errc::corrupt:
      return 500;
  }
  return 500;
}

constexpr int retry_after_seconds(cerk::errc code) noexcept {
  // A fence or a store that stopped wants somebody to look; the others pass by themselves.
  return code == cerk::errc::fenced || code == cerk::errc::unavailable ? 5 : 1;
}

std::string tag_of(cerk::version v) {
  return '"' + std::to_string(v.value) + '"';
}

// A number, or null for one that is not known.
json known(double value) {
  return std::isfinite(value) && value >= 0 ? json(std::round(value * 1'000) / 1'000)
                                            : json(nullptr);
}

reply reply_to(const cerk::receipt& receipt) {
  reply made{.body = text_of({{"id", receipt.id},
                              {"version", receipt.version.value},
                              {"partition", receipt.partition.value},
                              {"offset", receipt.offset.value},
                              {"events", receipt.event_ids()}})};
  made.fields.emplace_back("ETag", tag_of(receipt.version));
  return made;
}

reply reply_to(const cerk::rejected& refusal) {
  if (refusal.conflict)
    return problem(412,
                   "the aggregate is at version " + std::to_string(refusal.actual.value)
                     + ", not at the one in If-Match",
                   {{"code", "conflict"}, {"version", refusal.actual.value}});
  const bool has_events = refusal.actual != cerk::version{};
  json errors = json::array();
  std::string detail;
  for (const auto& reason : refusal.reasons) {
    errors.push_back({{"field", reason.field}, {"code", reason.code}, {"text", reason.text}});
    detail += (detail.empty() ? "" : "; ") + (reason.text.empty() ? reason.code : reason.text);
  }
  return problem(
    has_events ? 409 : 404, detail,
    {{"code", "rejected"}, {"version", refusal.actual.value}, {"errors", std::move(errors)}});
}

// The stored text as it is; of an event that nobody can read, the text in a string.
std::string value_text(const std::string& value) {
  return nlohmann::json::accept(value) ? value : text_of(json(value));
}

} // namespace

reply reply_to(const cerk::error& failure) {
  auto made
    = problem(status_of(failure.code), failure.what, {{"code", cerk::to_string(failure.code)}});
  if (failure.advice() == cerk::retry::later)
    made.fields.emplace_back("Retry-After", std::to_string(retry_after_seconds(failure.code)));
  return made;
}

reply reply_to(const cerk::outcome& outcome) {
  if (const auto* receipt = outcome.get_receipt())
    return reply_to(*receipt);
  if (const auto* refusal = outcome.get_rejection())
    return reply_to(*refusal);
  return reply_to(*outcome.get_failure());
}

reply reply_to(const cerk::result<cerk::json_snapshot>& found) {
  if (!found)
    return reply_to(found.error());
  reply made;
  made.body = R"({"id":)" + text_of(found->id) + R"(,"type":)" + text_of(found->type)
              + R"(,"version":)" + std::to_string(found->version.value) + R"(,"state":)"
              + found->state + '}';
  made.fields.emplace_back("ETag", tag_of(found->version));
  return made;
}

reply reply_to(const get_events& page, const cerk::result<std::vector<cerk::stored_event>>& found) {
  if (!found)
    return reply_to(found.error());
  reply made;
  made.body = R"({"events":[)";
  std::size_t count = 0;
  for (const auto& event : *found) {
    if (count == page.limit
        || (count > 0 && made.body.size() + event.value.size() > page_bytes_max))
      break;
    made.body += count++ > 0 ? "," : "";
    made.body += R"({"version":)" + std::to_string(event.version.value) + R"(,"type":)"
                 + text_of(event.type) + R"(,"id":)" + text_of(event.id()) + R"(,"partition":)"
                 + std::to_string(event.partition.value) + R"(,"offset":)"
                 + std::to_string(event.offset.value) + R"(,"value":)" + value_text(event.value)
                 + '}';
  }
  made.body += ']';
  if (count < found->size())
    made.body += R"(,"next":)" + std::to_string((*found)[count - 1].version.value);
  made.body += '}';
  return made;
}

reply reply_to(const readiness& now) {
  using phase = cerk::restore_progress::phase;
  const bool ready
    = now.store_is_open && !now.is_stopping
      && std::all_of(now.partitions.begin(), now.partitions.end(),
                     [](const cerk::restore_progress& p) { return p.now == phase::serving; });
  json partitions = json::array();
  double seconds_left = 1;
  for (const auto& p : now.partitions) {
    // Before its end is known, nothing is: 0 of 0 would look like done.
    const double left = p.now == phase::waiting ? -1 : p.seconds_left();
    json& added = partitions.emplace_back(json{{"partition", p.partition},
                                               {"phase", cerk::to_string(p.now)},
                                               {"position", p.position},
                                               {"end", p.end},
                                               {"events", p.events},
                                               {"aggregates", p.aggregates},
                                               {"quarantined", p.quarantined},
                                               {"events_per_second", known(p.events_per_second())},
                                               {"seconds_left", known(left)}});
    if (!p.failure.empty())
      added["failure"] = p.failure;
    if (p.now == phase::reading)
      seconds_left = std::max(seconds_left, left);
  }
  reply made{.status = ready ? 200U : 503U};
  made.body = text_of({{"ready", ready},
                       {"phase", now.is_stopping      ? "stopping"
                                 : !now.store_is_open ? "opening"
                                 : ready              ? "serving"
                                                      : "restoring"},
                       {"partitions", std::move(partitions)}});
  if (!ready)
    made.fields.emplace_back(
      "Retry-After", std::to_string(static_cast<int>(std::ceil(std::min(seconds_left, 60.0)))));
  return made;
}

reply not_open_yet() {
  return reply_to(cerk::error{cerk::errc::restoring, "the store is being opened"});
}

reply alive() {
  return {.body = R"({"status":"ok"})"};
}

} // namespace writer
