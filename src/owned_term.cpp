// Producing, settling, reading back, renewing.
#include "owned_term.hpp"

#include "commit_records.hpp"

#include <algorithm>
#include <utility>

namespace cerk {

namespace {

using status = commit_result::status;

constexpr std::size_t read_bytes = 1 << 20;
/// Own records count from 1.
constexpr std::uint64_t claim_token = 0;

std::int64_t to_ms(std::chrono::system_clock::time_point time) {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

} // namespace

owned_term::owned_term(record_log& log, partition_id partition, claim wanted,
                       std::size_t event_bytes_max, environment outside)
  : log_(log),
    partition_(partition),
    event_bytes_max_(event_bytes_max),
    environment_(std::move(outside)),
    claim_(std::move(wanted)),
    ack_(claim_.id, no_offset, offset{0}) {
}

void owned_term::call(const answers& ended) {
  for (const auto& f : ended)
    f->done(std::move(f->results));
}

void owned_term::later(std::chrono::milliseconds delay, void (owned_term::*step)()) {
  log_.run(partition_, delay, [self = shared_from_this(), step] { (self.get()->*step)(); });
}

// -- appending ------------------------------------------------------------------------------------

void owned_term::append(std::vector<commit_ptr> commits, append_done done) {
  answers ended;
  claim_done first;
  {
    const std::lock_guard lock{mutex_};
    // Who appends has read his claim as in effect, whatever its report says.
    if (phase_ == phase::claiming && pipeline_) {
      phase_ = phase::serving;
      first = std::exchange(claim_done_, {});
    }
    auto together = std::make_shared<flight>(
      flight{.results = std::vector<commit_result>(commits.size()), .done = std::move(done)});
    for (std::size_t i = 0; i < commits.size(); ++i)
      if (auto refusal = refuse(*commits[i])) {
        together->results[i] = *std::move(refusal);
      } else {
        produce(*commits[i]);
        under_way_.push_back({commits[i], together, i, ack_.next_number() - 1});
        ++together->open;
      }
    if (together->open == 0)
      ended.push_back(std::move(together));
    if (phase_ == phase::serving && ack_.is_broken())
      begin_renewal();
  }
  if (first)
    first(no_offset);
  call(ended);
}

// Why a commit is not produced; nothing if it is.
std::optional<commit_result> owned_term::refuse(const commit& c) {
  if (phase_ == phase::over)
    return over_;
  if (const auto at = void_since_.find(c.aggregate_id);
      at != void_since_.end() && c.kind != record_kind::noop) {
    if (c.expected_version != at->second)
      return commit_result{.ended = status::conflict, .actual = at->second};
    void_since_.erase(at);
  }
  commit_result refusal{.ended = status::refused};
  if (auto why = unfit(c, event_bytes_max_))
    refusal.failure = *std::move(why);
  else if (phase_ != phase::serving || ack_.is_broken())
    refusal.failure = {errc::unavailable, log_.info().name
                                            + ": the partition is being claimed "
                                              "again; nothing was appended"};
  else
    return std::nullopt;
  make_void(c);
  return refusal;
}

// What was decided on a void commit is on its way yet, and must not take effect.
void owned_term::make_void(const commit& c) {
  if (c.kind != record_kind::event)
    return; // nothing is decided on it
  const auto [at, is_new] = void_since_.emplace(c.aggregate_id, c.expected_version);
  if (!is_new)
    at->second = std::min(at->second, c.expected_version);
}

void owned_term::produce(const commit& c) {
  const auto count = static_cast<std::uint16_t>(c.events.size());
  for_each_record(c, ack_.own(), ack_.next_number(),
                  [&](std::string_view header, std::string_view value, version, std::uint16_t k) {
                    const auto number = ack_.next_number();
                    ack_.produced(k, count);
                    // One that is not taken is a lost one. The others must not follow, they would
                    // be void.
                    if (!ack_.is_broken()
                        && pipeline_->produce({.key = c.aggregate_id,
                                               .value = value,
                                               .header = header,
                                               .headers = c.headers,
                                               .timestamp_ms = c.time_ms},
                                              number))
                      return true;
                    ack_.reported(number, false, no_offset);
                    return true;
                  });
}

// -- settling -------------------------------------------------------------------------------------

void owned_term::on_reports(std::uint64_t generation, const std::vector<delivery>& reports) {
  answers ended;
  claim_done first;
  result<offset> claimed{no_offset};
  {
    const std::unique_lock lock{mutex_};
    if (generation != generation_ || phase_ == phase::over)
      return;
    for (const auto& report : reports)
      if (report.token != claim_token) {
        ack_.reported(report.token, report.stored, report.at);
      } else {
        first = std::exchange(claim_done_, {});
        claimed = on_claim_report(report);
      }
    settle(ended);
    if (phase_ == phase::serving && ack_.is_broken())
      begin_renewal();
    read_back_if_needed();
  }
  if (first)
    first(std::move(claimed));
  call(ended);
}

void owned_term::settle(answers& out) {
  for (const auto& [number, at] : ack_.take_confirmed()) {
    if (under_way_.empty() || under_way_.front().last_number != number)
      continue; // not the last of its commit
    end_commit(under_way_.front(), {.ended = status::committed, .last = at}, out);
    under_way_.pop_front();
  }
  if (under_way_.empty())
    settled_.notify_all();
}

void owned_term::end_commit(const commit_under_way& which, commit_result how, answers& out) {
  which.in->results[which.index] = std::move(how);
  if (--which.in->open == 0)
    out.push_back(which.in);
}

void owned_term::end_all(const commit_result& how, answers& out) {
  for (const auto& commit : under_way_) {
    make_void(*commit.what);
    end_commit(commit, how, out);
  }
  under_way_.clear();
  settled_.notify_all();
}

// -- claiming -------------------------------------------------------------------------------------

void owned_term::begin(claim_done done) {
  {
    const std::lock_guard lock{mutex_};
    if (phase_ == phase::claiming) {
      claim_done_ = std::exchange(done, {});
      later({}, &owned_term::claim_step);
    }
  }
  if (done)
    done(over_.failure);
}

// A fresh pipeline, and a claim through it: the first, or the next one of a renewal.
void owned_term::claim_step() {
  std::shared_ptr<log_pipeline> former;
  {
    const std::lock_guard lock{mutex_};
    if (phase_ == phase::over)
      return;
    former = std::exchange(pipeline_, nullptr);
    ++generation_;
  }
  // Without the lock: it waits for callbacks that may be waiting for the lock.
  former = nullptr;
  reader_ = nullptr;
  const auto fail = [&](const error& why) {
    answers ended;
    claim_done first;
    {
      const std::lock_guard lock{mutex_};
      if (phase_ == phase::renewing && why.advice() == retry::later)
        return later(backoff(), &owned_term::claim_step);
      first = std::exchange(claim_done_, {});
      give_up(why, ended);
    }
    if (first)
      first(why);
    call(ended);
  };
  const auto end = log_.end(partition_);
  if (!end)
    return fail(end.error());
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock{mutex_};
    generation = generation_;
  }
  auto opened = log_.open_pipeline(partition_, [weak = weak_from_this(),
                                                generation](const std::vector<delivery>& reports) {
    if (const auto self = weak.lock())
      self->on_reports(generation, reports);
  });
  if (!opened)
    return fail(opened.error());
  bool is_taken = false;
  {
    const std::lock_guard lock{mutex_};
    if (phase_ == phase::over) {
      former = *std::move(opened);
    } else {
      pipeline_ = *std::move(opened);
      if (phase_ == phase::claiming) {
        ack_ = acknowledger{claim_.id, no_offset, *end};
      } else {
        do
          claim_.id = {environment_.random()};
        while (claim_.id == term{});
        claim_.replaces = ack_.own();
        claim_is_read_ = false;
        ack_.expect_claim(claim_.id);
      }
      const auto now = to_ms(environment_.system_now());
      const std::string value = claim_value(claim_, now);
      is_taken
        = pipeline_->produce({.value = std::string_view{value}, .timestamp_ms = now}, claim_token);
    }
  }
  if (!is_taken && !former)
    fail({errc::unavailable, log_.info().name + ": the claim was not taken"});
}

result<offset> owned_term::on_claim_report(const delivery& report) {
  error why{errc::unavailable, log_.info().name + ": the claim was not stored: " + report.failure};
  if (phase_ == phase::renewing) {
    reading_since_ = environment_.steady_now();
    if (report.stored)
      later({}, &owned_term::renewal_read_step);
    else
      later(backoff(), &owned_term::claim_step);
  } else if (phase_ == phase::claiming) {
    // Whether it is in effect is for the caller to read.
    if (report.stored) {
      phase_ = phase::serving;
      if (report.at != no_offset)
        ack_ = acknowledger{claim_.id, report.at, report.at};
    } else {
      phase_ = phase::over;
      over_ = {.ended = status::stopped, .failure = why};
    }
  }
  if (report.stored)
    return report.at;
  return why;
}

std::chrono::milliseconds owned_term::backoff() {
  constexpr std::chrono::milliseconds first{50};
  return std::min(first * (1 << std::min(tries_++, 6u)), std::chrono::milliseconds{2'000});
}

// -- reading back ---------------------------------------------------------------------------------

void owned_term::read_back_if_needed() {
  if (phase_ != phase::serving || reads_back_ || !ack_.wants_reading())
    return;
  reads_back_ = true;
  reading_since_ = environment_.steady_now();
  later({}, &owned_term::read_back_step);
}

// The next records; opens the reader where the acknowledger wants it.
result<std::shared_ptr<record_batch>> owned_term::read_more() {
  if (!reader_) {
    offset from;
    {
      const std::lock_guard lock{mutex_};
      from = ack_.begin_reading();
    }
    auto opened = log_.read(partition_, from);
    if (!opened)
      return opened.error();
    reader_ = *std::move(opened);
  }
  auto batch = reader_->next(read_bytes);
  if (!batch)
    reader_ = nullptr; // from the beginning next time
  return batch;
}

void owned_term::read_back_step() {
  {
    const std::lock_guard lock{mutex_};
    if (phase_ != phase::serving || !ack_.wants_reading()) {
      // A renewal reads for itself.
      reads_back_ = false;
      return;
    }
  }
  const auto batch = read_more();
  answers ended;
  {
    const std::lock_guard lock{mutex_};
    if (batch && *batch)
      for (const auto& record : (*batch)->records())
        if (ack_.wants_reading())
          ack_.read(record);
    settle(ended);
    if (phase_ == phase::serving && ack_.is_fenced()) {
      phase_ = phase::over;
      over_ = {.ended = status::fenced};
      end_all(over_, ended);
    } else if (phase_ == phase::serving && !batch && batch.error().advice() != retry::later) {
      give_up(batch.error(), ended);
    } else if (phase_ == phase::serving && ack_.is_broken()) {
      begin_renewal();
    } else if (phase_ == phase::serving && ack_.wants_reading() && reads_too_long()) {
      // Reported as stored, and not to be found: a newer claim shows what became of it.
      begin_renewal();
    }
    reads_back_ = phase_ == phase::serving && ack_.wants_reading();
    if (reads_back_)
      later(batch ? std::chrono::milliseconds{} : backoff(), &owned_term::read_back_step);
    else
      reader_ = nullptr;
  }
  call(ended);
}

// -- renewing -------------------------------------------------------------------------------------

void owned_term::begin_renewal() {
  phase_ = phase::renewing;
  ++generation_; // nothing more of this pipeline is believed
  tries_ = 0;
  later({}, &owned_term::claim_step);
}

void owned_term::renewal_read_step() {
  {
    const std::lock_guard lock{mutex_};
    if (phase_ != phase::renewing)
      return;
  }
  const auto batch = read_more();
  answers ended;
  {
    const std::lock_guard lock{mutex_};
    if (phase_ != phase::renewing)
      return;
    if (batch && *batch)
      for (const auto& record : (*batch)->records())
        if (!claim_is_read_ && !ack_.is_fenced())
          claim_is_read_ = ack_.read(record) == claim_.id;
    settle(ended);
    if (claim_is_read_ || ack_.is_fenced())
      conclude_renewal(ended);
    else if (!batch && batch.error().advice() != retry::later)
      give_up(batch.error(), ended);
    else if (reads_too_long())
      later({}, &owned_term::claim_step);
    else
      later(batch ? std::chrono::milliseconds{} : backoff(), &owned_term::renewal_read_step);
  }
  call(ended);
}

// A newer claim was read: what is not confirmed is void.
void owned_term::conclude_renewal(answers& out) {
  const auto [next, at] = ack_.successor();
  if (ack_.is_fenced() || next == term{}) {
    phase_ = phase::over;
    over_ = {.ended = status::fenced};
    end_all(over_, out);
    return;
  }
  end_all({.ended = status::refused,
           .failure
           = {errc::unavailable, log_.info().name
                                   + ": lost on the way to the log; not this time, the same "
                                     "command may be sent again"}},
          out);
  ack_ = acknowledger{next, at, at};
  phase_ = phase::serving;
  reader_ = nullptr;
  read_back_if_needed();
}

// Nobody will know: the log cannot be asked any more.
void owned_term::give_up(const error& why, answers& out) {
  phase_ = phase::over;
  over_ = {.ended = status::stopped, .failure = why};
  end_all({.ended = status::unknown, .failure = why}, out);
}

bool owned_term::reads_too_long() const {
  constexpr std::chrono::seconds patience{30};
  return environment_.steady_now() - reading_since_ >= patience;
}

// -- the end --------------------------------------------------------------------------------------

bool owned_term::wait_until_settled(std::chrono::milliseconds at_most) const {
  std::unique_lock lock{mutex_};
  return settled_.wait_for(lock, at_most, [&] { return under_way_.empty() && !claim_done_; });
}

bool owned_term::is_over() const {
  const std::lock_guard lock{mutex_};
  return phase_ == phase::over;
}

void owned_term::abandon(const error& why) {
  answers ended;
  std::shared_ptr<log_pipeline> former;
  claim_done first;
  {
    const std::lock_guard lock{mutex_};
    former = std::exchange(pipeline_, nullptr);
    first = std::exchange(claim_done_, {});
    ++generation_;
    end_all({.ended = status::unknown, .failure = why}, ended);
    if (std::exchange(phase_, phase::over) != phase::over)
      over_ = {.ended = status::stopped, .failure = why};
  }
  former = nullptr;
  if (first)
    first(why);
  call(ended);
}

} // namespace cerk
