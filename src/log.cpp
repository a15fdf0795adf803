// Scanning the log with the fold, and writing to it without a repository.
#include "cerk/log.hpp"

#include "cerk/aggregate.hpp"
#include "cerk/options.hpp"
#include "cerk/placement.hpp"

#include "aggregate_core.hpp"
#include "commit_records.hpp"
#include "scanner.hpp"
#include "uuid.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
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

void provider::relinquish(partition_id, term) {
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

result<void> scan_log(provider& store, partition_id partition,
                      const std::function<bool(const log_entry&)>& on_entry,
                      const scan_progress& on_progress) {
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
    if (on_progress)
      on_progress(reader.position(), reader.end());
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
  auto& reader = **opened;
  auto batch = reader.next(1 << 20);
  // That nothing came does not mean that nothing is there.
  while (batch && (*batch)->records().empty() && reader.position() < reader.end())
    batch = reader.next(1 << 20);
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
  std::vector<std::pair<term, offset>> seen; // and the end; by partition
  for (std::int32_t p = 0; p < store.info().partition_count; ++p) {
    auto& owned = s->partitions.emplace_back();
    auto& [current, end] = seen.emplace_back(term{}, offset{0});
    std::optional<error> elsewhere;
    auto scanned = scan_log(store, partition_id{p}, [&](const log_entry& entry) {
      end = {entry.event.offset.value + 1};
      if (entry.effective && store.info().checks_placement)
        elsewhere = misplaced_entry(store.info(), entry);
      if (elsewhere)
        return false;
      if (entry.is_claim && entry.effective)
        current = entry.term;
      else if (entry.is_event())
        owned.versions[entry.event.key] = entry.event.version.value;
      return true;
    });
    if (!scanned)
      return scanned.error();
    if (elsewhere)
      return *std::move(elsewhere);
  }
  // All were read before the first is claimed: a claim says for good how keys are placed.
  for (std::int32_t p = 0; p < store.info().partition_count; ++p) {
    const auto& [current, end] = seen[static_cast<std::size_t>(p)];
    auto claimed = claim_partition(store, partition_id{p}, current, end, owner, s->env);
    if (!claimed)
      return claimed.error();
    s->partitions[static_cast<std::size_t>(p)].term = *claimed;
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
