// From the provider's calls to the terms of its partitions.
#include "log_provider.hpp"

#include "cerk/log.hpp"

#include <condition_variable>

namespace cerk {

namespace {

using status = commit_result::status;

/// Reads of single aggregates that wait; each reads a partition.
constexpr std::size_t queries_max = 1'024;

} // namespace

log_provider::log_provider(std::unique_ptr<record_log> log, log_provider_options options,
                           environment outside)
  : log_(std::move(log)),
    options_(options),
    environment_(std::move(outside)),
    partitions_(static_cast<std::size_t>(log_->info().partition_count)) {
}

log_provider::~log_provider() {
  close();
}

const provider_info& log_provider::info() const noexcept {
  return log_->info();
}

std::optional<error> log_provider::unknown_partition(partition_id partition) const {
  if (partition.value >= 0 && partition.value < info().partition_count)
    return std::nullopt;
  return error{errc::bad_input,
               info().name + " has no partition " + std::to_string(partition.value)};
}

result<std::unique_ptr<record_reader>> log_provider::read(partition_id partition, offset from) {
  if (auto why = unknown_partition(partition))
    return *std::move(why);
  return log_->read(partition, from);
}

void log_provider::append_claim(partition_id partition, const claim& wanted, claim_done done) {
  std::shared_ptr<owned_term> added;
  {
    const std::lock_guard lock{mutex_};
    if (!closed_) {
      auto& owned = partitions_.at(static_cast<std::size_t>(partition.value));
      // Those that are over hold a pipeline yet. Giving it up may take a while.
      std::erase_if(owned, [&](const auto& former) {
        if (!former.second->is_over())
          return false;
        retire(partition, former.second);
        return true;
      });
      added = std::make_shared<owned_term>(*log_, partition, wanted, options_.event_bytes_max,
                                           environment_);
      owned[wanted.id.value] = added;
    }
  }
  if (added)
    added->begin(std::move(done));
  else
    done(error{errc::unavailable, info().name + " is closed"});
}

// With the lock held.
void log_provider::retire(partition_id partition, std::shared_ptr<owned_term> one) {
  retired_.push_back(one);
  log_->run(partition, {}, [this, gone = std::move(one)] {
    gone->abandon({errc::fenced, "another owner's claim is in effect"});
    const std::lock_guard lock{mutex_};
    std::erase(retired_, gone);
  });
}

void log_provider::relinquish(partition_id partition, term owner) {
  const std::lock_guard lock{mutex_};
  auto& owned = partitions_.at(static_cast<std::size_t>(partition.value));
  const auto found = owned.find(owner.value);
  if (closed_ || found == owned.end())
    return;
  retire(partition, std::move(found->second));
  owned.erase(found);
}

void log_provider::append(partition_id partition, term owner, std::vector<commit_ptr> commits,
                          append_done done) {
  std::shared_ptr<owned_term> found;
  bool closed = false;
  {
    const std::lock_guard lock{mutex_};
    const auto& owned = partitions_.at(static_cast<std::size_t>(partition.value));
    if (const auto at = owned.find(owner.value); at != owned.end())
      found = at->second;
    closed = closed_;
  }
  if (closed)
    return done(std::vector<commit_result>(
      commits.size(),
      {.ended = status::stopped, .failure = {errc::unavailable, info().name + " is closed"}}));
  if (!found)
    return done(std::vector<commit_result>(commits.size(), {.ended = status::fenced}));
  found->append(std::move(commits), std::move(done));
}

namespace {

// Answers in any case, and gives its place back: a job may be dropped when the store is closed.
struct owed_events {
  events_done done;
  std::string name;
  std::atomic<std::size_t>& waiting;

  owed_events(events_done d, std::string n, std::atomic<std::size_t>& w)
    : done(std::move(d)), name(std::move(n)), waiting(w) {
  }
  owed_events(const owed_events&) = delete;
  owed_events& operator=(const owed_events&) = delete;
  ~owed_events() {
    waiting.fetch_sub(1, std::memory_order_relaxed);
    if (done)
      done(error{errc::unavailable, name + " is closed"});
  }
};

} // namespace

void log_provider::read_aggregate(partition_id partition, std::string aggregate_id, version after,
                                  std::size_t events_max, events_done done) {
  if (queries_.fetch_add(1, std::memory_order_relaxed) >= queries_max) {
    queries_.fetch_sub(1, std::memory_order_relaxed);
    return done(
      error{errc::overloaded, info().name + ": " + std::to_string(queries_max) + " reads wait"});
  }
  const auto owed = std::make_shared<owed_events>(std::move(done), info().name, queries_);
  log_->run({info().partition_count}, {},
            [this, owed, partition, id = std::move(aggregate_id), after, events_max,
             until = environment_.steady_now() + options_.query_timeout] {
              std::vector<stored_event> events;
              bool is_late = false;
              const auto scanned = scan_log(*this, partition, [&](const log_entry& entry) {
                is_late = closed_ || environment_.steady_now() >= until;
                if (events.size() < events_max && entry.is_event() && entry.event.key == id
                    && entry.event.version > after)
                  events.push_back(entry.event);
                return events.size() < events_max && !is_late;
              });
              const auto answer = std::exchange(owed->done, {});
              if (!scanned)
                answer(scanned.error());
              else if (is_late && events.size() < events_max)
                answer(error{errc::unavailable,
                             info().name + ": the events of " + id + " were not all found in "
                               + std::to_string(options_.query_timeout.count()) + " ms"});
              else
                answer(std::move(events));
            });
}

result<void> log_provider::append_verbatim(partition_id partition,
                                           const std::vector<record>& records) {
  // As many at a time; the log's own bounds are larger.
  constexpr std::size_t window = 10'000;
  if (auto why = unknown_partition(partition))
    return *std::move(why);
  {
    const std::lock_guard lock{mutex_};
    if (closed_)
      return error{errc::unavailable, info().name + " is closed"};
    if (!partitions_.at(static_cast<std::size_t>(partition.value)).empty())
      return error{errc::fenced, info().name + " has an owner in this process"};
  }
  struct progress {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t ended = 0;
    std::size_t stored = 0;
    std::string failure;
  };
  const auto state = std::make_shared<progress>();
  auto opened = log_->open_pipeline(partition, [state](const std::vector<delivery>& reports) {
    const std::lock_guard lock{state->mutex};
    for (const auto& report : reports) {
      ++state->ended;
      if (report.stored)
        ++state->stored;
      else if (state->failure.empty())
        state->failure = report.failure;
    }
    state->changed.notify_all();
  });
  if (!opened)
    return opened.error();
  auto wait = [&](std::size_t until) {
    std::unique_lock lock{state->mutex};
    state->changed.wait(lock, [&] { return state->ended >= until || !state->failure.empty(); });
    return state->failure.empty();
  };
  bool goes_on = true;
  for (std::size_t i = 0; goes_on && i < records.size(); ++i) {
    if (i >= window)
      goes_on = wait(i - window + 1);
    const auto& r = records[i];
    if (goes_on
        && !(*opened)->produce(
          {.key = r.key ? std::optional<std::string_view>{*r.key} : std::nullopt,
           .value = r.value ? std::optional<std::string_view>{*r.value} : std::nullopt,
           .header = r.header,
           .headers = r.headers,
           .timestamp_ms = r.timestamp_ms},
          i)) {
      const std::lock_guard lock{state->mutex};
      state->failure = "a record was not taken";
      goes_on = false;
    }
  }
  if (goes_on && wait(records.size()))
    return {};
  const std::lock_guard lock{state->mutex};
  return error{errc::unavailable, info().name + ", partition " + std::to_string(partition.value)
                                    + ": " + state->failure + "; of "
                                    + std::to_string(records.size()) + " records "
                                    + std::to_string(state->stored) + " are known to be stored"};
}

void log_provider::close() {
  std::vector<std::shared_ptr<owned_term>> all;
  {
    const std::lock_guard lock{mutex_};
    if (closed_.exchange(true))
      return;
    all = retired_;
    for (const auto& owned : partitions_)
      for (const auto& [id, one] : owned)
        all.push_back(one);
  }
  const auto until = std::chrono::steady_clock::now() + options_.close_timeout;
  for (const auto& one : all)
    one->wait_until_settled(
      std::max(std::chrono::milliseconds{}, std::chrono::duration_cast<std::chrono::milliseconds>(
                                              until - std::chrono::steady_clock::now())));
  log_->close();
  for (const auto& one : all)
    one->abandon({errc::unavailable, info().name + " is closed"});
}

} // namespace cerk
