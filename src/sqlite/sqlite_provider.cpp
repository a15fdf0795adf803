// The SQLite store's writing thread: everything that waits goes into one transaction.
#include "cerk/sqlite_provider.hpp"

#include "cerk/options.hpp"

#include "commit_records.hpp"
#include "fold.hpp"
#include "function_reader.hpp"
#include "sqlite/gather.hpp"
#include "sqlite/import.hpp"
#include "sqlite/sqlite_file.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <variant>

namespace cerk {

namespace {

using status = commit_result::status;
using sqlite::write_status;

struct append_job {
  term owner;
  std::vector<commit_ptr> commits;
  append_done done;
  std::vector<commit_result> results;
};

struct claim_job {
  claim wanted;
  claim_done done;
  result<offset> at = no_offset;
};

struct query_job {
  std::string aggregate_id;
  version after;
  std::size_t events_max = 0;
  events_done done;
};

using job = std::variant<append_job, claim_job, query_job>;

/// Commits in one transaction: enough for the cost of its sync to vanish, few enough for the
/// first of them not to wait long for the last.
constexpr std::size_t transaction_commits_max = 4'096;

/// Batches that wait here rather than with the producer, where an open transaction finds them.
constexpr std::size_t flights_max = 1'024;

} // namespace

struct sqlite_provider::state {
  explicit state(sqlite_options o)
    : options(std::move(o)),
      info{.name = "sqlite:" + options.path,
           .partition_count = 1,
           .flights_max = cerk::flights_max},
      file(options),
      current(file.stored_term()) {
  }

  const sqlite_options options;
  const provider_info info;

  /// Guards the connection: the writing thread for a transaction, readers for a batch.
  std::mutex file_mutex;
  sqlite::file file;
  term current;
  std::uint64_t next_number = 1; // of a claim of this process; a term of a former one takes nothing
  bool claimed_here = false;
  std::optional<error> stopped;

  std::mutex queue_mutex;
  std::condition_variable queue_changed;
  std::condition_variable log_grew;
  std::deque<job> queue;
  std::size_t queued_commits = 0;
  sqlite::gather gather;
  std::chrono::nanoseconds commit_took{0}; // the last transaction's COMMIT
  bool closing = false;
  std::thread writer;

  void run();
  bool wait_for_jobs();
  void wait_for_company(std::size_t commits, std::chrono::nanoseconds& waited);
  std::size_t take_jobs(std::vector<job>& jobs);
  void write(std::vector<job>& jobs, std::size_t& commits);
  bool write_jobs(std::vector<job>& jobs, std::size_t from);
  bool write_claim(claim_job& c);
  bool write_appends(append_job& a);
  bool write_commit(term owner, const cerk::commit& c, commit_result& answer);
  void refuse_all(std::vector<job>& jobs, status how, const error& why);
  void answer(std::vector<job>& jobs);
  enum class handed_over : std::uint8_t { yes, full, closed };
  handed_over enqueue(job added, std::size_t commits);
};

sqlite_provider::sqlite_provider(sqlite_options options)
  : state_(std::make_unique<state>(std::move(options))) {
  state_->writer = std::thread{[s = state_.get()] { s->run(); }};
}

sqlite_provider::~sqlite_provider() {
  close();
}

const provider_info& sqlite_provider::info() const noexcept {
  return state_->info;
}

double sqlite_provider::check_seconds() const noexcept {
  return state_->file.check_seconds();
}

// -- handing over ---------------------------------------------------------------------------------

sqlite_provider::state::handed_over sqlite_provider::state::enqueue(job added,
                                                                    std::size_t commits) {
  const std::lock_guard lock{queue_mutex};
  if (closing)
    return handed_over::closed;
  if (queued_commits + commits > options.queue_commits_max)
    return handed_over::full;
  queued_commits += commits;
  queue.push_back(std::move(added));
  queue_changed.notify_one();
  return handed_over::yes;
}

void sqlite_provider::append(partition_id, term owner, std::vector<commit_ptr> commits,
                             append_done done) {
  const auto count = commits.size();
  append_job added{owner, std::move(commits), done, {}};
  switch (state_->enqueue(std::move(added), count)) {
    case state::handed_over::yes:
      return;
    case state::handed_over::full:
      return done(std::vector<commit_result>(
        count, {.ended = status::refused,
                .failure = {errc::overloaded, state_->info.name + ": "
                                                + std::to_string(state_->options.queue_commits_max)
                                                + " commits wait (queue_commits_max)"}}));
    case state::handed_over::closed:
      return done(std::vector<commit_result>(
        count, {.ended = status::stopped,
                .failure = {errc::unavailable, state_->info.name + " is closed"}}));
  }
}

void sqlite_provider::append_claim(partition_id, const claim& wanted, claim_done done) {
  if (state_->enqueue(claim_job{wanted, done}, 1) != state::handed_over::yes)
    done(error{errc::unavailable, state_->info.name + " is closed or overloaded"});
}

void sqlite_provider::read_aggregate(partition_id, std::string aggregate_id, version after,
                                     std::size_t events_max, events_done done) {
  if (state_->enqueue(query_job{std::move(aggregate_id), after, events_max, done}, 1)
      != state::handed_over::yes)
    done(error{errc::unavailable, state_->info.name + " is closed or overloaded"});
}

void sqlite_provider::close() {
  {
    const std::lock_guard lock{state_->queue_mutex};
    state_->closing = true;
    state_->queue_changed.notify_one();
  }
  if (state_->writer.joinable())
    state_->writer.join();
}

// -- the writing thread ---------------------------------------------------------------------------

void sqlite_provider::state::run() {
  std::vector<job> jobs;
  while (wait_for_jobs()) {
    jobs.clear();
    auto commits = take_jobs(jobs);
    {
      const std::lock_guard lock{file_mutex};
      write(jobs, commits);
    }
    {
      const std::lock_guard lock{queue_mutex};
      gather.ended(commits, queued_commits, commit_took);
    }
    log_grew.notify_all();
    answer(jobs);
    const std::lock_guard lock{file_mutex};
    file.checkpoint_if_due();
  }
}

// False when the store is closed and everything handed over is done.
bool sqlite_provider::state::wait_for_jobs() {
  std::unique_lock lock{queue_mutex};
  queue_changed.wait(lock, [&] { return closing || !queue.empty(); });
  return !queue.empty();
}

void sqlite_provider::state::wait_for_company(std::size_t commits,
                                              std::chrono::nanoseconds& waited) {
  std::unique_lock lock{queue_mutex};
  if (!queue.empty() || !gather.should_wait(commits, waited))
    return;
  const auto before = std::chrono::steady_clock::now();
  if (queue_changed.wait_for(lock, gather.patience(), [&] { return closing || !queue.empty(); }))
    gather.found_company();
  else
    gather.waited_in_vain();
  waited += std::chrono::steady_clock::now() - before;
}

// Takes what waits, up to the transaction's bound; returns how many commits that is.
std::size_t sqlite_provider::state::take_jobs(std::vector<job>& jobs) {
  const std::lock_guard lock{queue_mutex};
  std::size_t commits = 0;
  while (!queue.empty() && commits < transaction_commits_max) {
    const auto* append = std::get_if<append_job>(&queue.front());
    commits += append != nullptr ? append->commits.size() : 1;
    jobs.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  queued_commits -= commits;
  return commits;
}

void sqlite_provider::state::write(std::vector<job>& jobs, std::size_t& commits) {
  const bool writes = std::any_of(jobs.begin(), jobs.end(), [](const job& j) {
    return !std::holds_alternative<query_job>(j);
  });
  if (!writes)
    return;
  if (stopped)
    return refuse_all(jobs, status::stopped, *stopped);
  const auto number_before = next_number;
  const auto term_before = current;
  const bool claimed_before = claimed_here;
  auto give_up = [&](status how, const error& why) {
    file.roll_back();
    next_number = number_before;
    current = term_before;
    claimed_here = claimed_before;
    refuse_all(jobs, how, why);
  };
  bool written = file.begin() == write_status::ok;
  std::chrono::nanoseconds waited{0};
  // What came meanwhile joins the transaction that is open, so nothing waits for a timer and
  // nothing for a second sync.
  for (std::size_t from = 0; written && from < jobs.size();) {
    written = write_jobs(jobs, from);
    from = jobs.size();
    if (!written || commits >= transaction_commits_max)
      break;
    wait_for_company(commits, waited);
    commits += take_jobs(jobs);
  }
  if (!written) {
    // Nothing was committed, so nothing can be stored, whatever went wrong.
    const error why{errc::unavailable,
                    info.name + ": " + file.message() + "; nothing was appended"};
    if (file.last_was_full())
      return give_up(status::refused, why);
    stopped = why;
    return give_up(status::stopped, why);
  }
  const auto before = std::chrono::steady_clock::now();
  const auto ended = file.commit();
  commit_took = std::chrono::steady_clock::now() - before;
  switch (ended) {
    case write_status::ok:
      return;
    case write_status::full:
      return give_up(status::refused, {errc::unavailable, info.name + ": " + file.message()
                                                            + "; nothing was appended"});
    default: {
      // The sync failed: nobody knows what is on the disk, and asking again would lie (the kernel
      // reports a failed write-back once).
      const error why{errc::unavailable,
                      info.name + ": " + file.message()
                        + "; the store takes nothing more until it is opened again"};
      stopped = why;
      return give_up(status::unknown, why);
    }
  }
}

bool sqlite_provider::state::write_jobs(std::vector<job>& jobs, std::size_t from) {
  for (; from < jobs.size(); ++from) {
    if (auto* a = std::get_if<append_job>(&jobs[from]); a != nullptr && !write_appends(*a))
      return false;
    if (auto* c = std::get_if<claim_job>(&jobs[from]); c != nullptr && !write_claim(*c))
      return false;
  }
  return true;
}

bool sqlite_provider::state::write_claim(claim_job& c) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
                     environment::of_this_machine().system_now().time_since_epoch())
                     .count();
  const std::string value = claim_value(c.wanted, now);
  const std::string_view text = value;
  c.at = file.end();
  if (file.insert(now, nullptr, &text, {}, {}, std::nullopt, nullptr) != write_status::ok)
    return false;
  if (c.wanted.replaces != current)
    return true; // in the log, and void: whoever reads it back will see
  current = c.wanted.id;
  next_number = 1;
  claimed_here = true;
  file.set_cache_bytes(options.cache_bytes);
  return file.set_term(current) == write_status::ok;
}

bool sqlite_provider::state::write_appends(append_job& a) {
  a.results.resize(a.commits.size());
  for (std::size_t i = 0; i < a.commits.size(); ++i)
    if (!write_commit(a.owner, *a.commits[i], a.results[i]))
      return false;
  return true;
}

// One commit, whole or not at all; false only if the transaction cannot go on.
bool sqlite_provider::state::write_commit(term owner, const cerk::commit& c,
                                          commit_result& answer) {
  if (owner != current || !claimed_here) {
    answer.ended = status::fenced;
    return true;
  }
  if (auto why = unfit(c, options.event_bytes_max)) {
    answer = {.ended = status::refused, .failure = *std::move(why)};
    return true;
  }
  if (c.kind == record_kind::noop) {
    // The lock on the file shows it already.
    answer.ended = status::committed;
    return true;
  }
  const auto is_void = [&] {
    if (const auto first = file.find_command(c.aggregate_id, c.command_id))
      answer = {.ended = status::duplicate,
                .last = first->last,
                .actual = first->at,
                .digest = first->digest,
                .event_count = first->event_count};
    else
      answer = {.ended = status::conflict, .actual = file.version_of(c.aggregate_id)};
    return true;
  };
  if (c.expected_version.value > 0 && !file.has_version(c.aggregate_id, c.expected_version))
    return is_void();
  const bool is_group = c.events.size() > 1; // a single INSERT is atomic by itself
  if (is_group)
    file.savepoint();
  const std::string_view key = c.aggregate_id;
  const std::string headers = pack_headers(c.headers);
  auto ended = write_status::ok;
  const bool whole = for_each_record(
    c, owner, next_number,
    [&](std::string_view header, std::string_view value, version at, std::uint16_t k) {
      const bool is_event = c.kind == record_kind::event;
      ended = file.insert(c.time_ms, &key, &value, header, headers,
                          is_event ? std::optional{at} : std::nullopt,
                          is_event && k == 1 && !c.command_id.is_nil() ? &c.command_id : nullptr);
      return ended == write_status::ok;
    });
  if (whole) {
    if (is_group)
      file.release_savepoint();
    next_number += c.events.size();
    answer = {.ended = status::committed, .last = {file.end().value - 1}};
    return true;
  }
  if (ended != write_status::taken)
    return false;
  if (is_group)
    file.roll_back_to_savepoint();
  return is_void();
}

void sqlite_provider::state::refuse_all(std::vector<job>& jobs, status how, const error& why) {
  for (auto& j : jobs) {
    if (auto* a = std::get_if<append_job>(&j))
      a->results.assign(a->commits.size(), {.ended = how, .failure = why});
    else if (auto* c = std::get_if<claim_job>(&j))
      c->at = why;
  }
}

void sqlite_provider::state::answer(std::vector<job>& jobs) {
  for (auto& j : jobs) {
    if (auto* a = std::get_if<append_job>(&j)) {
      a->done(std::move(a->results));
    } else if (auto* c = std::get_if<claim_job>(&j)) {
      c->done(std::move(c->at));
    } else {
      auto& q = std::get<query_job>(j);
      std::unique_lock lock{file_mutex};
      auto events = file.read_aggregate(q.aggregate_id, q.after, q.events_max);
      lock.unlock();
      q.done(std::move(events));
    }
  }
}

// -- reading and importing ------------------------------------------------------------------------

result<std::unique_ptr<record_reader>> sqlite_provider::read(partition_id partition, offset from) {
  if (partition.value != 0)
    return error{errc::bad_input, "a SQLite store has partition 0 only"};
  auto read = [s = state_.get(), pool = make_batch_pool()](
                offset& position, std::size_t bytes_max,
                std::chrono::milliseconds wait_max) -> result<std::shared_ptr<record_batch>> {
    std::unique_lock lock{s->file_mutex};
    // At the end of the log: wait for the next transaction rather than ask in circles.
    if (position >= s->file.end())
      s->log_grew.wait_for(lock, wait_max, [&] { return position < s->file.end(); });
    auto batch = std::make_shared<record_batch>(bytes_max, pool);
    if (auto done = s->file.read(position, bytes_max, *batch); !done)
      return done.error();
    return batch;
  };
  const std::lock_guard lock{state_->file_mutex};
  return std::unique_ptr<record_reader>{
    std::make_unique<function_reader>(std::move(read), from, state_->file.end())};
}

result<void> sqlite_provider::append_verbatim(partition_id, const std::vector<record>& records) {
  const std::lock_guard lock{state_->file_mutex};
  if (state_->claimed_here)
    return error{errc::fenced, state_->info.name + " has an owner in this process"};
  if (state_->stopped)
    return *state_->stopped;
  state_->file.set_cache_bytes(state_->options.cache_bytes);
  auto imported = sqlite::import_records(state_->file, records);
  if (imported)
    state_->current = state_->file.stored_term();
  state_->file.checkpoint_if_due();
  return imported;
}

} // namespace cerk
