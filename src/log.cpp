// Scanning the log with the fold, and writing to it without a repository.
#include "cerk/log.hpp"

#include "cerk/aggregate.hpp"
#include "cerk/options.hpp"
#include "cerk/placement.hpp"

#include "aggregate_core.hpp"
#include "commit_records.hpp"
#include "fold.hpp"
#include "uuid.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <deque>
#include <future>
#include <unordered_map>

namespace cerk {

std::size_t commit::bytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& event : events)
    sum += event.size() + aggregate_id.size() + record_header_bytes;
  for (const auto& [name, value] : headers)
    sum += (name.size() + value.size()) * events.size();
  return sum;
}

std::optional<error> unfit(const commit& c, std::size_t event_bytes_max) {
  if (c.aggregate_id.empty() || c.aggregate_id.size() > aggregate_id_bytes_max)
    return error{errc::bad_id,
                 "an aggregate id has 1 to " + std::to_string(aggregate_id_bytes_max) + " bytes"};
  if (c.events.empty() || c.events.size() > 65'535)
    return error{errc::bad_command, "a commit has 1 to 65535 events"};
  if (c.kind != record_kind::event && c.events.size() > 1)
    return error{errc::bad_command, "a commit without events has one text"};
  for (const auto& event : c.events)
    if (event.size() > event_bytes_max)
      return error{errc::event_too_large, "an event of " + std::to_string(event.size())
                                            + " bytes; event_bytes_max is "
                                            + std::to_string(event_bytes_max)};
  return std::nullopt;
}

// -- scanning -------------------------------------------------------------------------------------

namespace {

// Keeps entries back while a group is open, so that they come out in order and with their verdict.
class scanner {
public:
  scanner(partition_id partition, const std::function<bool(const log_entry&)>& on_entry)
    : partition_(partition), on_entry_(on_entry) {
  }

  bool feed(const std::shared_ptr<const record_batch>& batch, const record_view& record) {
    held& added = held_.emplace_back(held{batch, describe(record), false});
    const bool has_key = record.has_key && record.key_size != 0;
    if (!has_key)
      judge_keyless(added.entry, record);
    else
      judge(added, record);
    return fold_.has_pending() || flush();
  }

  bool finish() {
    for (auto& h : held_)
      if (h.pending)
        conclude(h, false, "incomplete");
    return flush();
  }

private:
  struct held {
    std::shared_ptr<const record_batch> batch;
    log_entry entry;
    bool pending = false;
  };

  log_entry describe(const record_view& record) const {
    log_entry entry;
    entry.event.partition = partition_;
    entry.event.offset = record.offset;
    entry.event.timestamp_ms = record.timestamp_ms;
    entry.event.key = record.key();
    entry.event.value = record.value();
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

  void judge_keyless(log_entry& entry, const record_view& record) {
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
    if (verdict.voids_pending)
      void_pending();
  }

  void judge(held& added, const record_view& record) {
    if (record.header_is == header_state::unreadable) {
      added.entry.reason = "unreadable: the header is not one that this version of cerk reads";
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
    const auto verdict = record.has_header() ? fold_.on_record(record.header)
                                             : fold_.on_headerless();
    if (verdict.voids_pending)
      void_pending(&added);
    switch (verdict.on_this) {
      case effect::pending:
        added.pending = true;
        return;
      case effect::completes_group:
        for (auto& h : held_)
          if (h.pending)
            conclude(h, true, {});
        [[fallthrough]];
      case effect::in_effect:
        return conclude(added, true, {});
      case effect::voided:
        return conclude(added, false, to_string(verdict.cause));
    }
  }

  void void_pending(const held* but = nullptr) {
    for (auto& h : held_)
      if (h.pending && &h != but)
        conclude(h, false, to_string(void_cause::torn_group));
  }

  void conclude(held& h, bool effective, std::string_view reason) {
    auto& entry = h.entry;
    h.pending = false;
    if (!effective) {
      entry.effective = false;
      entry.reason = reason;
      return;
    }
    if (entry.raw->header_is == header_state::broken)
      entry.reason = "unreadable: the seal is broken";
    if (entry.kind != record_kind::event) {
      entry.effective = entry.reason.empty(); // uses up its number and makes no version
      return;
    }
    auto& at = versions_[entry.event.key];
    ++at;
    if (entry.raw->header_size == 0)
      entry.event.version = {at};
    else if (entry.event.version.value != at && entry.reason.empty())
      entry.reason = "unreadable: it makes version " + std::to_string(entry.event.version.value)
                     + ", but the aggregate is at " + std::to_string(at - 1);
    entry.effective = entry.reason.empty();
  }

  bool flush() {
    for (auto& h : held_)
      if (!on_entry_(h.entry))
        return false;
    held_.clear();
    return true;
  }

  partition_id partition_;
  const std::function<bool(const log_entry&)>& on_entry_;
  partition_fold fold_;
  std::deque<held> held_;
  std::unordered_map<std::string, std::uint64_t> versions_;
};

} // namespace

result<void> scan_log(provider& store, partition_id partition,
                      const std::function<bool(const log_entry&)>& on_entry) {
  auto opened = store.read(partition, offset{0});
  if (!opened)
    return opened.error();
  auto& reader = **opened;
  scanner scan{partition, on_entry};
  while (reader.position() < reader.end()) {
    auto batch = reader.next(1 << 20);
    if (!batch)
      return batch.error();
    for (const auto& record : (*batch)->records())
      if (record.offset < reader.end() && !scan.feed(*batch, record))
        return {};
  }
  scan.finish();
  return {};
}

result<void>
fetch_all_events(provider& store, std::size_t batch_events,
                 const std::function<bool(const std::vector<stored_event>&)>& on_batch) {
  std::vector<stored_event> batch;
  bool stopped = false;
  for (std::int32_t p = 0; p < store.info().partition_count && !stopped; ++p) {
    auto scanned = scan_log(store, partition_id{p}, [&](const log_entry& entry) {
      if (!entry.is_event())
        return true;
      batch.push_back(entry.event);
      if (batch.size() < std::max<std::size_t>(batch_events, 1))
        return true;
      stopped = !on_batch(batch);
      batch.clear();
      return !stopped;
    });
    if (!scanned)
      return scanned;
  }
  if (!stopped && !batch.empty())
    on_batch(batch);
  return {};
}

// -- writing --------------------------------------------------------------------------------------

struct log_writer::state {
  struct owned_partition {
    cerk::term term;
    std::unordered_map<std::string, std::uint64_t> versions;
  };

  provider& store;
  environment env = environment::of_this_machine();
  std::vector<owned_partition> partitions;
};

namespace {

result<term> claim_partition(provider& store, partition_id partition, term seen, offset from,
                             const std::string& owner, const environment& env) {
  const claim wanted{.id = {env.random() | 1},
                     .replaces = seen,
                     .owner = owner,
                     .partition_count = store.info().partition_count,
                     .partitioner = std::string{to_string(store.info().partitioner)}};
  auto appended = std::make_shared<std::promise<result<offset>>>();
  store.append_claim(partition, wanted,
                     [appended](result<offset> at) { appended->set_value(std::move(at)); });
  if (auto at = appended->get_future().get(); !at)
    return at.error();
  // Nothing may have come between what was read and the claim: versions would be stale.
  auto opened = store.read(partition, from);
  if (!opened)
    return opened.error();
  auto batch = (*opened)->next(1 << 20);
  if (!batch)
    return batch.error();
  const auto& records = (*batch)->records();
  const auto first = records.empty() || !records.front().has_value
                       ? std::nullopt
                       : parse_claim(records.front().value());
  if (!first || first->id != wanted.id)
    return error{errc::fenced, "another writer was at work in partition "
                                 + std::to_string(partition.value) + "; nothing was appended"};
  return wanted.id;
}

} // namespace

namespace {

std::optional<error> misplaced_entry(const provider_info& info, const log_entry& entry) {
  const auto& event = entry.event;
  if (!entry.is_claim)
    return misplaced(info, event.partition, event.offset, std::string_view{event.key});
  const auto read = parse_claim(event.value);
  return read ? misplaced(info, event.partition, event.offset, *read) : std::nullopt;
}

} // namespace

log_writer::log_writer(std::unique_ptr<state> s) : state_(std::move(s)) {
}

log_writer::~log_writer() = default;

result<std::unique_ptr<log_writer>> log_writer::open(provider& store, std::string owner) {
  auto s = std::make_unique<state>(state{.store = store});
  for (std::int32_t p = 0; p < store.info().partition_count; ++p) {
    auto& owned = s->partitions.emplace_back();
    term seen;
    offset end{0};
    std::optional<error> elsewhere;
    auto scanned = scan_log(store, partition_id{p}, [&](const log_entry& entry) {
      end = {entry.event.offset.value + 1};
      if (entry.effective && store.info().checks_placement)
        elsewhere = misplaced_entry(store.info(), entry);
      if (elsewhere)
        return false;
      if (entry.is_claim && entry.effective)
        seen = entry.term;
      else if (entry.is_event())
        owned.versions[entry.event.key] = entry.event.version.value;
      return true;
    });
    if (!scanned)
      return scanned.error();
    if (elsewhere)
      return *std::move(elsewhere);
    auto claimed = claim_partition(store, partition_id{p}, seen, end, owner, s->env);
    if (!claimed)
      return claimed.error();
    owned.term = *claimed;
  }
  return std::unique_ptr<log_writer>{new log_writer(std::move(s))};
}

result<void> log_writer::send(const std::vector<new_event>& events) {
  auto& store = state_->store;
  std::vector<std::vector<commit_ptr>> by_partition(state_->partitions.size());
  auto versions = state_->partitions; // as they will be once everything is durable
  const auto now = state_->env.system_now();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto& event = events[i];
    const auto where = "event " + std::to_string(i) + " (" + event.aggregate_id + "): ";
    const auto fields = nlohmann::ordered_json::parse(event.fields, nullptr, false);
    if (!fields.is_object())
      return error{errc::bad_input, where + "its fields are not a JSON object"};
    for (const auto& [name, value] : fields.items())
      if (detail::is_envelope_field(name))
        return error{errc::bad_input, std::string{where}.append("field '").append(name).append(
                                        "' is the envelope's")};
    const auto p = partition_of(event.aggregate_id, store.info());
    auto& at = versions[static_cast<std::size_t>(p.value)].versions[event.aggregate_id];
    auto made = std::make_shared<commit>();
    made->aggregate_id = event.aggregate_id;
    made->expected_version = {at};
    made->command_id = make_uuid_v7(state_->env);
    made->time_ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    const auto text = fields.dump();
    made->events.push_back(event_value(event.aggregate_id, event.type, made->time_ms, {at + 1},
                                       std::string_view{text}.substr(1, text.size() - 2)));
    if (auto why = unfit(*made, SIZE_MAX))
      return error{errc::bad_input, where + why->what};
    ++at;
    by_partition[static_cast<std::size_t>(p.value)].push_back(std::move(made));
  }
  std::size_t durable = 0;
  // Each batch waits for its sync, so few and large ones: what a store's queue takes by default.
  constexpr std::size_t batch_commits = 65'536;
  for (std::size_t p = 0; p < by_partition.size(); ++p) {
    auto& commits = by_partition[p];
    for (std::size_t begin = 0; begin < commits.size(); begin += batch_commits) {
      const auto first = commits.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last
        = commits.begin()
          + static_cast<std::ptrdiff_t>(std::min(begin + batch_commits, commits.size()));
      auto done = std::make_shared<std::promise<std::vector<commit_result>>>();
      store.append(partition_id{static_cast<std::int32_t>(p)}, state_->partitions[p].term,
                   {first, last}, [done](std::vector<commit_result> results) {
                     done->set_value(std::move(results));
                   });
      const auto results = done->get_future().get();
      std::optional<error> failed;
      for (std::size_t i = 0; i < results.size(); ++i) {
        const auto& c = *first[static_cast<std::ptrdiff_t>(i)];
        if (results[i].ended == commit_result::status::committed) {
          ++durable;
          state_->partitions[p].versions[c.aggregate_id]
            = c.expected_version.value + c.events.size();
        } else if (!failed) {
          failed = results[i].ended == commit_result::status::fenced
                     ? error{errc::fenced, "another owner claimed the partition"}
                     : results[i].failure;
        }
      }
      if (!failed)
        continue;
      failed->what += " (" + std::to_string(durable) + " of " + std::to_string(events.size())
                      + " events are stored)";
      return *std::move(failed);
    }
  }
  return {};
}

result<void> send_events(provider& store, const std::vector<new_event>& events) {
  auto writer = log_writer::open(store, "send_events");
  if (!writer)
    return writer.error();
  return (*writer)->send(events);
}

} // namespace cerk
