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

namespace {

// Of the whole service. What does not pass by waiting comes first: of one partition that is fenced
// and another that restores, the first one wants somebody to look.
std::string_view phase_of(const readiness& now) {
  using phase = cerk::restore_progress::phase;
  if (now.is_stopping)
    return "stopping";
  if (!now.store_is_open)
    return "opening";
  for (const auto grave : {phase::failed, phase::stopped, phase::fenced})
    if (std::ranges::count(now.partitions, grave, &cerk::restore_progress::now) > 0)
      return cerk::to_string(grave);
  const auto serving
    = std::ranges::count(now.partitions, phase::serving, &cerk::restore_progress::now);
  return serving == std::ssize(now.partitions) ? cerk::to_string(phase::serving) : "restoring";
}

// What a partition and all of them together have in common. A rate of nothing is not known.
template <class Progress>
void add_rates(json& to, const Progress& of, double seconds_left) {
  to["events"] = of.events;
  to["bytes"] = of.bytes;
  to["seconds"] = known(of.seconds);
  to["events_per_second"] = of.seconds > 0 ? known(of.events_per_second()) : json(nullptr);
  to["megabytes_per_second"] = of.seconds > 0 ? known(of.megabytes_per_second()) : json(nullptr);
  to["seconds_left"] = known(seconds_left);
}

} // namespace

reply reply_to(const readiness& now) {
  const auto phase = phase_of(now);
  const bool ready = phase == cerk::to_string(cerk::restore_progress::phase::serving);
  const auto all = cerk::summary_of(now.partitions);
  json body{{"ready", ready}, {"phase", phase}};
  if (now.store_is_open)
    add_rates(body, all, all.seconds_left);
  auto& partitions = body["partitions"] = json::array();
  for (const auto& p : now.partitions) {
    json& added = partitions.emplace_back(json{{"partition", p.partition},
                                               {"phase", cerk::to_string(p.now)},
                                               {"start", p.start},
                                               {"position", p.position},
                                               {"end", p.end},
                                               {"aggregates", p.aggregates},
                                               {"quarantined", p.quarantined}});
    add_rates(added, p, p.seconds_left());
    if (!p.failure.empty())
      added["failure"] = p.failure;
  }
  reply made{.status = ready ? 200U : 503U, .body = text_of(body)};
  if (!ready)
    made.fields.emplace_back("Retry-After", std::to_string(static_cast<int>(
                                              std::ceil(std::clamp(all.seconds_left, 1.0, 60.0)))));
  return made;
}

reply not_open_yet() {
  return reply_to(cerk::error{cerk::errc::restoring, "the store is being opened"});
}

reply alive() {
  return {.body = R"({"status":"ok"})"};
}

} // namespace writer
