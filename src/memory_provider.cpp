// The log in memory, and its faults.
#include "cerk/memory_provider.hpp"

#include "cerk/log.hpp"

#include "commit_records.hpp"
#include "fold.hpp"
#include "function_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <unordered_map>

namespace cerk {

namespace {

// What an aggregate's effective records say: the ground for expected versions and duplicates.
struct aggregate_index {
  std::uint64_t version = 0;
  struct command {
    std::uint64_t digest = 0;
    std::uint64_t version = 0;
    offset last;
    std::uint32_t event_count = 0;
  };
  std::unordered_map<command_id, command> commands;
};

struct memory_partition {
  std::vector<record> log;
  partition_fold fold;
  std::unordered_map<std::string, aggregate_index> aggregates;
  struct pending_event {
    std::string key;
    std::optional<record_header> header;
    offset at;
  };
  std::vector<pending_event> group; // whose last event is yet to come
  append_fault fault = append_fault::none;
  bool term_is_over = false;
  std::vector<commit_ptr> late;
  term late_term;
};

} // namespace

struct memory_provider::state {
  memory_options options;
  provider_info info;
  mutable std::mutex mutex;
  std::condition_variable grew;
  std::vector<memory_partition> partitions;
  std::deque<std::function<void()>> held;
  std::size_t reads_to_fail = 0;
  bool closed = false;

  memory_partition& at(partition_id p) {
    return partitions.at(static_cast<std::size_t>(p.value));
  }

  commit_result write(memory_partition& p, term owner, const commit& c);
  std::vector<commit_result> write_all(memory_partition& p, term owner,
                                       const std::vector<commit_ptr>& commits);
  void index(memory_partition& p, const record& r);
  void answer(std::function<void()> call);
};

memory_provider::memory_provider(memory_options options) : state_(std::make_unique<state>()) {
  state_->options = options;
  state_->info = {.name = "memory",
                  .partition_count = options.partitions,
                  .partitioner = options.partitioner,
                  .flights_max = options.flights_max,
                  .reading_blocks = false};
  state_->partitions.resize(static_cast<std::size_t>(options.partitions));
}

memory_provider::~memory_provider() {
  close();
}

const provider_info& memory_provider::info() const noexcept {
  return state_->info;
}

result<std::unique_ptr<record_reader>> memory_provider::read(partition_id partition, offset from) {
  const std::lock_guard lock{state_->mutex};
  if (partition.value < 0 || partition.value >= state_->info.partition_count)
    return error{errc::bad_input, "no partition " + std::to_string(partition.value)};
  const offset end{static_cast<std::int64_t>(state_->at(partition).log.size())};
  auto read =
    [this, partition](offset& position, std::size_t bytes_max,
                      std::chrono::milliseconds wait_max) -> result<std::shared_ptr<record_batch>> {
    std::unique_lock again{state_->mutex};
    if (state_->reads_to_fail > 0) {
      --state_->reads_to_fail;
      return error{errc::unavailable, "injected read failure"};
    }
    const auto& log = state_->at(partition).log;
    state_->grew.wait_for(again, wait_max,
                          [&] { return position.value < static_cast<std::int64_t>(log.size()); });
    auto batch = std::make_shared<record_batch>();
    std::size_t bytes = 0;
    while (position.value < static_cast<std::int64_t>(log.size())
           && (bytes == 0 || bytes < bytes_max)) {
      const auto& r = log[static_cast<std::size_t>(position.value)];
      batch->add(r.offset, r.timestamp_ms, r.key, r.value, r.header, pack_headers(r.headers));
      bytes += 128 + (r.value ? r.value->size() : 0);
      ++position.value;
    }
    return batch;
  };
  return std::unique_ptr<record_reader>{
    std::make_unique<function_reader>(std::move(read), from, end)};
}

void memory_provider::append_claim(partition_id partition, const claim& wanted, claim_done done) {
  result<offset> at = error{errc::unavailable, "memory is closed"};
  {
    const std::lock_guard lock{state_->mutex};
    auto& p = state_->at(partition);
    if (!state_->closed) {
      at = offset{static_cast<std::int64_t>(p.log.size())};
      p.log.push_back({.offset = *at, .value = claim_value(wanted, 0)});
      state_->index(p, p.log.back());
      p.term_is_over = p.term_is_over && p.fold.current() != wanted.id;
    }
  }
  state_->answer([done = std::move(done), at] { done(at); });
}

void memory_provider::append(partition_id partition, term owner, std::vector<commit_ptr> commits,
                             append_done done) {
  std::vector<commit_result> results;
  {
    const std::lock_guard lock{state_->mutex};
    auto& p = state_->at(partition);
    const auto fault = std::exchange(p.fault, append_fault::none);
    const commit_result lost{.ended = commit_result::status::unknown,
                             .failure = {errc::unknown, "injected fault"}};
    const bool loses = fault == append_fault::lose_acknowledgement
                       || fault == append_fault::crash_before_write
                       || fault == append_fault::late_landing;
    if (state_->closed || p.term_is_over) {
      results.assign(commits.size(), {.ended = commit_result::status::stopped,
                                      .failure = {errc::unavailable, "the store stopped"}});
    } else if (fault == append_fault::refuse) {
      results.assign(commits.size(), {.ended = commit_result::status::refused,
                                      .failure = {errc::unavailable, "injected refusal"}});
    } else if (loses) {
      p.term_is_over = true;
      if (fault == append_fault::lose_acknowledgement)
        state_->write_all(p, owner, commits);
      if (fault == append_fault::late_landing) {
        p.late = commits;
        p.late_term = owner;
      }
      results.assign(commits.size(), lost);
    } else {
      results = state_->write_all(p, owner, commits);
    }
  }
  state_->answer(
    [done = std::move(done), results = std::move(results)]() mutable { done(std::move(results)); });
}

std::vector<commit_result>
memory_provider::state::write_all(memory_partition& p, term owner,
                                  const std::vector<commit_ptr>& commits) {
  std::vector<commit_result> results;
  results.reserve(commits.size());
  for (const auto& c : commits)
    results.push_back(write(p, owner, *c));
  return results;
}

commit_result memory_provider::state::write(memory_partition& p, term owner, const commit& c) {
  using status = commit_result::status;
  if (auto why = unfit(c, options.event_bytes_max))
    return {.ended = status::refused, .failure = *std::move(why)};
  if (p.fold.current() != owner)
    return {.ended = status::fenced};
  auto& known = p.aggregates[c.aggregate_id];
  if (auto first = known.commands.find(c.command_id); first != known.commands.end())
    return {.ended = status::duplicate,
            .last = first->second.last,
            .actual = {first->second.version},
            .digest = first->second.digest,
            .event_count = first->second.event_count};
  if (known.version != c.expected_version.value && c.kind != record_kind::noop)
    return {.ended = status::conflict, .actual = {known.version}};
  for_each_record(c, owner, p.fold.next_number(),
                  [&](std::string_view header, std::string_view value, version, std::uint16_t) {
                    record r{.offset = {static_cast<std::int64_t>(p.log.size())},
                             .timestamp_ms = c.time_ms,
                             .key = c.aggregate_id,
                             .value = std::string{value},
                             .header = std::string{header},
                             .headers = c.headers};
                    index(p, r);
                    p.log.push_back(std::move(r));
                    return true;
                  });
  return {.ended = status::committed,
          .last = {static_cast<std::int64_t>(p.log.size()) - 1},
          .actual = {known.version}};
}

void memory_provider::state::index(memory_partition& p, const record& r) {
  grew.notify_all(); // who waits sees the record when the lock is given back
  if (!r.key || r.key->empty()) {
    if (const auto read = r.value ? parse_claim(*r.value) : std::nullopt)
      if (p.fold.on_claim(*read).voids_pending)
        p.group.clear();
    return;
  }
  const auto header = unpack(r.header);
  if (!r.header.empty() && !header)
    return;
  const auto verdict = header ? p.fold.on_record(*header) : p.fold.on_headerless();
  if (verdict.voids_pending)
    p.group.clear();
  if (verdict.on_this == effect::voided || (header && header->kind != record_kind::event))
    return;
  p.group.push_back({*r.key, header, r.offset});
  if (verdict.on_this == effect::pending)
    return;
  for (const auto& [key, of, at] : std::exchange(p.group, {})) {
    auto& known = p.aggregates[key];
    ++known.version;
    if (of && of->k == of->n && !of->command_id.is_nil())
      known.commands[of->command_id] = {of->digest, known.version, at, of->n};
  }
}

void memory_provider::state::answer(std::function<void()> call) {
  if (options.hold_answers) {
    const std::lock_guard lock{mutex};
    held.push_back(std::move(call));
    return;
  }
  call();
}

void memory_provider::read_aggregate(partition_id partition, std::string aggregate_id,
                                     version after, std::size_t events_max, events_done done) {
  std::vector<stored_event> found;
  auto scanned = scan_log(*this, partition, [&](const log_entry& entry) {
    if (entry.is_event() && entry.event.key == aggregate_id && entry.event.version > after)
      found.push_back(entry.event);
    return found.size() < events_max;
  });
  done(scanned ? result<std::vector<stored_event>>{std::move(found)} : scanned.error());
}

result<void> memory_provider::append_verbatim(partition_id partition,
                                              const std::vector<record>& records) {
  const std::lock_guard lock{state_->mutex};
  auto& p = state_->at(partition);
  if (state_->closed)
    return error{errc::unavailable, "memory is closed"};
  for (auto r : records) {
    r.offset = {static_cast<std::int64_t>(p.log.size())};
    state_->index(p, r);
    p.log.push_back(std::move(r));
  }
  return {};
}

void memory_provider::close() {
  const std::lock_guard lock{state_->mutex};
  state_->closed = true;
}

void memory_provider::inject(partition_id partition, append_fault fault) {
  const std::lock_guard lock{state_->mutex};
  state_->at(partition).fault = fault;
}

void memory_provider::land_late(partition_id partition) {
  const std::lock_guard lock{state_->mutex};
  auto& p = state_->at(partition);
  state_->write_all(p, p.late_term, std::exchange(p.late, {}));
}

std::size_t memory_provider::release(std::size_t count) {
  std::size_t released = 0;
  for (; released < count; ++released) {
    std::function<void()> call;
    {
      const std::lock_guard lock{state_->mutex};
      if (state_->held.empty())
        break;
      call = std::move(state_->held.front());
      state_->held.pop_front();
    }
    call();
  }
  return released;
}

std::size_t memory_provider::held() const {
  const std::lock_guard lock{state_->mutex};
  return state_->held.size();
}

void memory_provider::fail_reads(std::size_t count) {
  const std::lock_guard lock{state_->mutex};
  state_->reads_to_fail = count;
}

} // namespace cerk
