// Verdicts on whole records.
#include "scanner.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace cerk {

scanner::scanner(partition_id partition, sink on_entry, scanner_options options)
  : partition_(partition),
    on_entry_(std::move(on_entry)),
    options_(std::move(options)),
    fold_(options_.fold),
    knows_all_versions_(options_.from_start) {
}

bool scanner::feed(const std::shared_ptr<const record_batch>& batch, const record_view& record) {
  held& added = held_.emplace_back(held{batch, describe(record), false});
  const bool has_key = record.has_key && record.key_size != 0;
  if (!has_key)
    judge_keyless(added.entry, record);
  else
    judge(added, record);
  if (fold_.has_pending() && options_.voids_at_once && !added.pending) {
    const auto alone = std::move(added);
    held_.pop_back();
    return on_entry_(alone.entry);
  }
  if (!flush())
    return false;
  if (!fold_.has_pending() && !behind_unreadable_)
    settled_ = {{record.offset.value + 1}, fold_.current(), fold_.next_number()};
  return true;
}

bool scanner::is_unknown_to_fold(const record_view& record) const {
  const auto is_unknown = [&](term named) {
    return named != term{} && named != fold_.current() && !fold_.knows(named);
  };
  if (record.has_key && record.key_size != 0)
    return record.has_header() && is_unknown(record.header.term);
  const auto read = record.has_value ? parse_claim(record.value()) : std::nullopt;
  return read && is_unknown(read->replaces);
}

bool scanner::finish() {
  for (auto& h : held_)
    if (std::exchange(h.pending, false))
      h.entry.reason = "incomplete";
  return flush();
}

log_entry scanner::describe(const record_view& record) const {
  log_entry entry;
  entry.event.partition = partition_;
  entry.event.offset = record.offset;
  entry.event.timestamp_ms = record.timestamp_ms;
  entry.event.key = record.key();
  entry.event.value = record.value();
  entry.event.headers = unpack_headers(record.headers());
  entry.raw = &record;
  const auto value = nlohmann::json::parse(record.value(), nullptr, false);
  if (auto type = value.is_object() ? value.find("type") : value.end();
      value.is_object() && type != value.end() && type->is_string())
    entry.event.type = type->get<std::string>();
  else if (record.has_key)
    entry.reason = !record.has_value      ? "unreadable: no value"
                   : value.is_discarded() ? "unreadable: the value is not JSON"
                   : !value.is_object()   ? "unreadable: the value is not a JSON object"
                                          : "unreadable: no type";
  return entry;
}

void scanner::judge_keyless(log_entry& entry, const record_view& record) {
  const auto read = record.has_value ? parse_claim(record.value()) : std::nullopt;
  if (!read) {
    entry.reason = "unreadable: no key, and not a claim";
    return;
  }
  const auto verdict = fold_.on_claim(*read);
  entry.is_claim = true;
  entry.term = read->id;
  entry.effective = verdict.on_this == effect::in_effect;
  entry.reason = to_string(verdict.cause);
  behind_unreadable_ = false;
  if (verdict.voids_pending)
    void_pending();
}

void scanner::judge(held& added, const record_view& record) {
  if (record.header_is == header_state::unreadable) {
    added.entry.reason = "unreadable: the header is not one that this version of cerk reads";
    added.entry.damage = added.entry.reason;
    behind_unreadable_ = true;
    return;
  }
  if (record.has_header()) {
    const auto& header = record.header;
    added.entry.kind = header.kind;
    added.entry.term = header.term;
    added.entry.number = header.number;
    added.entry.digest = header.digest;
    added.entry.event.version = header.version;
    added.entry.event.command_id = header.command_id;
    added.entry.event.k = header.k;
    added.entry.event.n = header.n;
  }
  const auto verdict = record.has_header() ? fold_.on_record(record.header) : fold_.on_headerless();
  if (verdict.voids_pending)
    void_pending(&added);
  if (verdict.on_this != effect::voided)
    behind_unreadable_ = false;
  switch (verdict.on_this) {
    case effect::pending:
      added.pending = true;
      return;
    case effect::completes_group:
      for (auto& h : held_)
        if (h.pending)
          take_effect(h);
      [[fallthrough]];
    case effect::in_effect:
      return take_effect(added);
    case effect::voided:
      return make_void(added, verdict.cause);
  }
}

void scanner::void_pending(const held* but) {
  for (auto& h : held_)
    if (h.pending && &h != but)
      make_void(h, void_cause::torn_group);
}

// Void records change nothing, so damage must not pass for a void record: what was acknowledged
// would vanish without a word.
void scanner::make_void(held& h, void_cause cause) {
  auto& entry = h.entry;
  h.pending = false;
  entry.effective = false;
  entry.reason = to_string(cause);
  if (entry.raw->header_is == header_state::broken)
    entry.damage = "void, and the seal is broken";
  else if (cause == void_cause::unknown_term)
    entry.damage = "no claim before it made its term";
  else if (cause == void_cause::gap && behind_unreadable_)
    entry.damage = "it counts on a record before it whose header cannot be read";
}

void scanner::take_effect(held& h) {
  auto& entry = h.entry;
  h.pending = false;
  if (entry.kind != record_kind::event)
    entry.reason.clear(); // what it says is nobody's event
  if (entry.raw->header_is == header_state::broken)
    entry.reason = "unreadable: the seal is broken";
  if (entry.kind == record_kind::event) {
    const auto [at, is_new] = versions_.try_emplace(entry.event.key);
    if (is_new && !knows_all_versions_)
      at->second = std::max<std::uint64_t>(entry.event.version.value, 1) - 1;
    const auto before = at->second++;
    if (!entry.raw->has_header())
      entry.event.version = {at->second};
    else if (entry.event.version.value != at->second && entry.reason.empty())
      entry.reason = "unreadable: it makes version " + std::to_string(entry.event.version.value)
                     + ", but the aggregate is at " + std::to_string(before);
    if (versions_.size() > options_.aggregates_max && fold_.current() != term{}) {
      versions_.clear();
      knows_all_versions_ = false;
    }
  }
  entry.effective = entry.reason.empty();
  entry.damage = entry.reason;
}

// Hands on what is decided, up to the first that is not.
bool scanner::flush() {
  while (!held_.empty() && !held_.front().pending) {
    const auto first = std::move(held_.front());
    held_.pop_front();
    if (!on_entry_(first.entry))
      return false;
  }
  return true;
}

} // namespace cerk
