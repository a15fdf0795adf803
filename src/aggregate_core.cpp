// The life of one aggregate, phase by phase: restoring, deciding, settling, rolling back.
#include "aggregate_core.hpp"

#include "stored_rejection.hpp"

#include <algorithm>
#include <exception>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace cerk {

namespace {

using steady_time = std::chrono::steady_clock::time_point;

std::int64_t to_ms(std::chrono::system_clock::time_point time) noexcept {
  return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

error quarantine_error(const quarantine& q) {
  return {errc::quarantined,
          "the event at offset " + std::to_string(q.at.value) + " cannot be applied: " + q.cause};
}

error command_id_reused(const command_envelope& again, const std::string& id) {
  return {errc::command_id_reused, "the command id " + to_string(again.command_id)
                                     + " was used for another command on " + id};
}

/// Late results of an earlier epoch must not meet appends of this one.
std::uint64_t first_sequence_of(std::uint32_t epoch) noexcept {
  return (std::uint64_t{epoch} << 32) + 1;
}

/// Runs domain code; what it throws becomes the text of an error.
template <class F>
std::optional<std::string> what_it_throws(F&& domain_code) {
  try {
    domain_code();
    return std::nullopt;
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "threw something that is no std::exception";
  }
}

} // namespace

// A place in the tail: a command and what is known of it so far.
struct aggregate_core::entry {
  enum class kind : std::uint8_t {
    /// Not decided yet: the tail is being rolled back.
    undecided,
    /// Its events are on their way to the log.
    appending,
    /// Answered by `tentative` once everything before it is durable.
    grounded,
    /// The same command id as an `appending` one before it.
    joined,
  };

  command_ptr command;
  kind is = kind::undecided;
  bool answered = false; // by its deadline; only its place is still taken
  std::uint32_t decided_again = 0;
  std::uint64_t sequence = 0;
  commit_ptr commit;
  std::optional<commit_result> result;
  std::optional<outcome> tentative;
};

// What exists only while something is under way.
struct aggregate_core::serving {
  std::deque<entry> tail;
  detail::state_box speculative;
  const registered_aggregate* type = nullptr;
  cerk::version speculative_version;
  std::uint64_t next_sequence = 1;
  std::uint32_t appending = 0; // entries without a result
  bool broken = false;         // an append failed: nothing is decided until the tail has settled
};

aggregate_core::aggregate_core(const core_settings* settings, std::string_view id)
  : settings_(settings), id_(id) {
}

aggregate_core::~aggregate_core() = default;
aggregate_core::aggregate_core(aggregate_core&&) noexcept = default;

// -- restoring ------------------------------------------------------------------------------------

bool aggregate_core::restore(const record_view& stored) {
  if (quarantine_ || stored.offset <= last_)
    return false;
  switch (stored.header_is) {
    case header_state::unreadable:
      set_quarantine(stored.offset, "its header is not one that this version of cerk reads");
      return false;
    case header_state::broken:
      set_quarantine(stored.offset,
                     "its bytes are not those that were written (the seal is broken)");
      return false;
    case header_state::none:
    case header_state::sealed:
      break;
  }
  if (stored.has_header() && stored.header.kind == record_kind::outcome)
    return restore_outcome(stored);
  const auto& header = stored.header;
  const cerk::version next{version_.value + 1};
  if (stored.has_header() && header.version != next) {
    set_quarantine(stored.offset, "it makes version " + std::to_string(header.version.value)
                                    + ", but the aggregate is at "
                                    + std::to_string(version_.value));
    return false;
  }
  if (!stored.has_value) {
    set_quarantine(stored.offset, "it has no value");
    return false;
  }
  if (auto failed = what_it_throws(
        [&] { apply_stored_event(*settings_->types, id_, stored.value(), type_, state_); })) {
    set_quarantine(stored.offset, *std::move(failed));
    return false;
  }
  version_ = next;
  last_ = stored.offset;
  if (stored.has_header() && header.k == header.n)
    remember({header.command_id, header.digest, version_, last_, header.n});
  return true;
}

bool aggregate_core::restore_outcome(const record_view& stored) {
  const auto& header = stored.header;
  auto answer = parse_rejection(stored.value(), header.version);
  if (!answer || header.version != version_) {
    set_quarantine(stored.offset,
                   !answer
                     ? "it is no rejection that this version of cerk reads"
                     : "it remembers a rejection at version " + std::to_string(header.version.value)
                         + ", but the aggregate is at " + std::to_string(version_.value));
    return false;
  }
  remember(remembered_rejection{header.command_id, header.digest, *std::move(answer)});
  return true;
}

void aggregate_core::set_quarantine(offset at, std::string cause) {
  quarantine_ = std::make_unique<quarantine>(quarantine{at, std::move(cause)});
}

// -- remembering commands -------------------------------------------------------------------------

void aggregate_core::remember(const remembered_command& command) {
  if (settings_->command_ids_max == 0 || command.id.is_nil())
    return;
  if (remembered_.size() < settings_->command_ids_max) {
    // Most aggregates have a few commands behind them; growing from one costs two allocations more.
    if (remembered_.empty())
      remembered_.reserve(std::min<std::size_t>(4, settings_->command_ids_max));
    remembered_.push_back(command);
    return;
  }
  remembered_[oldest_] = command;
  oldest_ = (oldest_ + 1) % settings_->command_ids_max;
}

const remembered_command* aggregate_core::find_remembered(const command_id& id) const noexcept {
  const auto found = std::find_if(remembered_.begin(), remembered_.end(),
                                  [&](const auto& c) { return c.id == id; });
  return found != remembered_.end() ? &*found : nullptr;
}

void aggregate_core::remember(remembered_rejection rejection) {
  if (settings_->command_ids_max == 0)
    return;
  if (!rejections_)
    rejections_ = std::make_unique<std::deque<remembered_rejection>>();
  // Taking over reads what this owner wrote itself once more.
  std::erase_if(*rejections_, [&](const auto& known) { return known.id == rejection.id; });
  rejections_->push_back(std::move(rejection));
  if (rejections_->size() > settings_->command_ids_max)
    rejections_->pop_front();
}

std::optional<outcome> aggregate_core::answer_from_memory(const command_envelope& again) const {
  if (const auto* first = find_remembered(again.command_id))
    return answer_again(*first, again);
  if (!rejections_)
    return std::nullopt;
  const auto found = std::find_if(rejections_->begin(), rejections_->end(),
                                  [&](const auto& known) { return known.id == again.command_id; });
  if (found == rejections_->end())
    return std::nullopt;
  if (found->digest != again.digest)
    return outcome{command_id_reused(again, id_)};
  return outcome{found->answer};
}

outcome aggregate_core::answer_again(const remembered_command& first,
                                     const command_envelope& again) const {
  if (first.digest != again.digest)
    return command_id_reused(again, id_);
  return receipt{id_, first.version, settings_->partition, first.last, first.id, first.event_count};
}

// -- deciding -------------------------------------------------------------------------------------

void aggregate_core::begin_epoch(std::uint32_t epoch, core_effects& out) {
  if (epoch == epoch_)
    return;
  epoch_ = epoch;
  if (serving_) {
    for (auto& e : serving_->tail)
      if (e.is == entry::kind::appending && !e.result)
        e.result = commit_result{.ended = commit_result::status::fenced};
    serving_->appending = 0;
    roll_back(out);
  }
  refusing_ = nullptr;
}

void aggregate_core::take(command_ptr command, steady_time now, core_effects& out) {
  auto answer_now = [&](outcome answer) {
    out.answers.emplace_back(command, std::move(answer));
    out.released.push_back(command);
  };
  if (quarantine_)
    return answer_now(quarantine_error(*quarantine_));
  if (auto first = answer_from_memory(*command))
    return answer_now(*std::move(first));
  if (refusing_)
    return answer_now(*refusing_);
  if (now >= command->deadline)
    return answer_now(
      error{errc::unavailable, "its time was over before it was decided; nothing was appended"});
  if (!serving_) {
    entry alone{.command = command};
    decide_on(alone, version_, state_, out);
    if (alone.is == entry::kind::grounded) {
      // Nothing is under way, so it stands on durable ground already.
      finish(alone, *std::move(alone.tentative), out);
      return;
    }
    serving_->tail.push_back(std::move(alone));
    return;
  }
  auto& added = serving_->tail.emplace_back(entry{.command = std::move(command)});
  if (!serving_->broken)
    decide(added, out);
}

void aggregate_core::decide(entry& e, core_effects& out) {
  const auto earlier
    = std::find_if(serving_->tail.begin(), serving_->tail.end(), [&](const entry& other) {
        // Of one that changes nothing, nothing will be remembered to answer with.
        return &other != &e && other.is == entry::kind::appending
               && other.commit->kind != record_kind::noop
               && other.command->command_id == e.command->command_id;
      });
  if (earlier != serving_->tail.end()) {
    e.is = entry::kind::joined;
    return;
  }
  decide_on(e, serving_->speculative_version, serving_->speculative, out);
}

void aggregate_core::decide_on(entry& e, const version at, const detail::state_box& state,
                               core_effects& out) {
  const auto& command = *e.command;
  const auto* type = serving_ ? serving_->type : type_;
  auto answer_on_this_ground = [&](outcome answer) {
    if (command.strict && answer.get_failure() == nullptr)
      return append_proof(e, std::move(answer), out);
    e.is = entry::kind::grounded;
    e.tentative = std::move(answer);
  };
  if (type != nullptr && type != command.aggregate)
    return answer_on_this_ground(error{errc::wrong_type, id_ + " is a '" + type->name + "', not a '"
                                                           + command.aggregate->name + "'"});
  if (command.expected_version && *command.expected_version != at)
    return answer_on_this_ground(rejected{.conflict = true, .actual = at});
  detail::encoded_decision decision;
  if (command.command != nullptr) {
    const context about{
      id_, at, command.time, command.command_id, command.correlation_id, command.metadata};
    if (auto failed = what_it_throws([&] {
          // A state that no event made yet is the default one.
          const detail::state_box fresh = state ? detail::state_box{}
                                                : detail::state_box{&command.aggregate->state};
          command.command->functions.decide((state ? state : fresh).get(), command.payload.get(),
                                            about, decision);
        }))
      return answer_on_this_ground(error{errc::domain_error, "decide: " + *failed});
  } else {
    decision.events = command.events;
  }
  if (!decision.rejections.empty())
    return answer_on_this_ground(rejected{std::move(decision.rejections), false, at});
  if (decision.events.empty())
    return answer_on_this_ground(
      receipt{id_, at, settings_->partition, last_, command.command_id, 0});
  append(e, std::move(decision.events), out);
}

bool aggregate_core::append(entry& e, std::vector<detail::encoded_event> events,
                            core_effects& out) {
  const auto& command = *e.command;
  auto refuse_events = [&](errc code, std::string what) {
    e.is = entry::kind::grounded;
    e.tentative = error{code, std::move(what)};
    return false;
  };
  if (events.size() > 65'535)
    return refuse_events(errc::event_too_large, "a command makes at most 65535 events, not "
                                                  + std::to_string(events.size()));
  auto made = begin_commit(command);
  made->events.reserve(events.size());
  auto at = made->expected_version;
  for (const auto& event : events) {
    ++at.value;
    made->events.push_back(event_value(id_, command.aggregate->events[event.event_index].name,
                                       made->time_ms, at, event.fields));
    if (made->events.back().size() > settings_->event_bytes_max)
      return refuse_events(errc::event_too_large, "an event of "
                                                    + std::to_string(made->events.back().size())
                                                    + " bytes; event_bytes_max is "
                                                    + std::to_string(settings_->event_bytes_max));
  }
  // The next state comes from the bytes that will be stored, not from the event objects: what can
  // not be read back is refused before it is appended.
  detail::state_box next;
  const auto* type = serving_ ? serving_->type : type_;
  if (auto failed = what_it_throws([&] {
        next = (serving_ ? serving_->speculative : state_).clone();
        for (const auto& text : made->events)
          apply_stored_event(*settings_->types, id_, text, type, next);
      }))
    return refuse_events(errc::domain_error, "evolve: " + *failed);

  if (!command.correlation_id.empty())
    made->headers.emplace_back("correlation_id", command.correlation_id);
  made->headers.insert(made->headers.end(), command.metadata.begin(), command.metadata.end());
  if (!serving_)
    serving_ = std::make_unique<serving>(serving{.next_sequence = first_sequence_of(epoch_)});
  serving_->type = type;
  serving_->speculative = std::move(next);
  serving_->speculative_version = at;
  hand_over(e, std::move(made), out);
  return true;
}

std::shared_ptr<commit> aggregate_core::begin_commit(const command_envelope& command) const {
  auto made = std::make_shared<commit>();
  made->aggregate_id = id_;
  made->expected_version = serving_ ? serving_->speculative_version : version_;
  made->command_id = command.command_id;
  made->digest = command.digest;
  made->time_ms = to_ms(command.time);
  return made;
}

void aggregate_core::hand_over(entry& e, std::shared_ptr<const commit> made, core_effects& out) {
  ++serving_->appending;
  e.is = entry::kind::appending;
  e.sequence = serving_->next_sequence++;
  e.result.reset();
  e.commit = made;
  out.appends.push_back({e.sequence, epoch_, std::move(made)});
}

// Strict: the answer waits for a record produced now, which takes effect only if no other owner
// claimed before it.
void aggregate_core::append_proof(entry& e, outcome answer, core_effects& out) {
  const auto& command = *e.command;
  auto made = begin_commit(command);
  if (const auto* refusal = answer.get_rejection(); refusal != nullptr && command.has_key) {
    made->kind = record_kind::outcome;
    made->events.push_back(event_value(id_, rejected_type, made->time_ms, made->expected_version,
                                       rejection_fields(*refusal)));
  } else {
    made->kind = record_kind::noop;
    made->command_id = {};
    made->digest = 0;
    made->events.push_back(event_value(id_, noop_type, made->time_ms, made->expected_version, {}));
  }
  if (made->events.back().size() > settings_->event_bytes_max) {
    e.is = entry::kind::grounded;
    e.tentative
      = error{errc::event_too_large, "a rejection of " + std::to_string(made->events.back().size())
                                       + " bytes; event_bytes_max is "
                                       + std::to_string(settings_->event_bytes_max)};
    return;
  }
  if (!serving_) {
    detail::state_box copy;
    if (auto failed = what_it_throws([&] { copy = state_.clone(); })) {
      e.is = entry::kind::grounded;
      e.tentative = error{errc::domain_error, "the state cannot be copied: " + *failed};
      return;
    }
    serving_ = std::make_unique<serving>(serving{.next_sequence = first_sequence_of(epoch_)});
    serving_->type = type_;
    serving_->speculative = std::move(copy);
    serving_->speculative_version = version_;
  }
  e.tentative = std::move(answer);
  hand_over(e, std::move(made), out);
}

// -- settling -------------------------------------------------------------------------------------

void aggregate_core::finish(entry& e, outcome answer, core_effects& out) {
  if (!e.answered)
    out.answers.emplace_back(e.command, std::move(answer));
  else
    ++out.late;
  out.released.push_back(std::move(e.command));
}

void aggregate_core::settled(std::uint64_t sequence, commit_result how, core_effects& out) {
  if (!serving_)
    return;
  const auto found
    = std::find_if(serving_->tail.begin(), serving_->tail.end(), [&](const entry& e) {
        return e.is == entry::kind::appending && e.sequence == sequence && !e.result;
      });
  if (found == serving_->tail.end())
    return;
  --serving_->appending;
  // A proof that was refused voids nothing behind it: nothing was decided on it.
  const bool is_lone = found->commit->kind != record_kind::event
                       && how.ended == commit_result::status::refused;
  if (how.ended != commit_result::status::committed && !is_lone)
    serving_->broken = true;
  found->result = std::move(how);
  advance(out);
}

void aggregate_core::advance(core_effects& out) {
  auto& s = *serving_;
  while (!s.tail.empty()) {
    auto& front = s.tail.front();
    if (front.is == entry::kind::appending) {
      if (!front.result)
        return;
      if (front.commit->kind != record_kind::event
          && front.result->ended == commit_result::status::refused) {
        finish(front, front.result->failure, out);
        s.tail.pop_front();
        continue;
      }
      if (front.result->ended != commit_result::status::committed) {
        if (s.appending == 0)
          roll_back(out);
        return;
      }
      if (front.commit->kind != record_kind::event) {
        answer_proved(front, out);
        s.tail.pop_front();
        continue;
      }
      const auto count = static_cast<std::uint32_t>(front.commit->events.size());
      const bool is_last = s.tail.size() == 1;
      if (is_last && !s.broken) {
        state_ = std::move(s.speculative);
        type_ = s.type;
      } else if (auto failed = what_it_throws([&] {
                   for (const auto& text : front.commit->events)
                     apply_stored_event(*settings_->types, id_, text, type_, state_);
                 })) {
        // It was applied to this very state before it was appended: evolve is not a function.
        set_quarantine(front.result->last, "evolve gave two answers: " + *failed);
      }
      version_ = {front.commit->expected_version.value + count};
      last_ = front.result->last;
      remember({front.command->command_id, front.command->digest, version_, last_, count});
      finish(front,
             receipt{id_, version_, settings_->partition, last_, front.command->command_id, count},
             out);
    } else if (front.is == entry::kind::joined) {
      if (auto first = answer_from_memory(*front.command)) {
        finish(front, *std::move(first), out);
      } else {
        // Its first try has left the memory of commands meanwhile, which holds very few.
        finish(front, error{errc::unknown, "the first try of this command is no longer remembered"},
               out);
      }
    } else if (front.is == entry::kind::grounded) {
      finish(front, answer_on_ground(*std::move(front.tentative), *front.command), out);
    } else {
      if (s.appending == 0)
        roll_back(out);
      return;
    }
    s.tail.pop_front();
  }
  serving_.reset();
}

// What changes nothing shows the state it stands on, which is known by now.
outcome aggregate_core::answer_on_ground(outcome tentative, const command_envelope& command) const {
  if (tentative.accepted())
    return receipt{id_, version_, settings_->partition, last_, command.command_id, 0};
  return tentative;
}

void aggregate_core::answer_proved(entry& e, core_effects& out) {
  if (e.commit->kind == record_kind::outcome)
    remember(
      remembered_rejection{e.commit->command_id, e.commit->digest, *e.tentative->get_rejection()});
  finish(e, answer_on_ground(*std::move(e.tentative), *e.command), out);
}

// -- rolling back ---------------------------------------------------------------------------------

void aggregate_core::roll_back(core_effects& out) {
  using status = commit_result::status;
  std::deque<entry> left = std::move(serving_->tail);
  serving_.reset();
  std::vector<command_id> unknown_ids;
  std::deque<entry> again;
  for (auto& e : left) {
    if (e.is != entry::kind::appending) {
      const bool first_is_unknown
        = std::find(unknown_ids.begin(), unknown_ids.end(), e.command->command_id)
          != unknown_ids.end();
      if (first_is_unknown)
        finish(e, error{errc::unknown, "an earlier try of this command may have taken effect"},
               out);
      else
        again.push_back(std::move(e));
      continue;
    }
    const auto& how = *e.result;
    switch (how.ended) {
      case status::committed:
        if (e.commit->kind == record_kind::noop) {
          again.push_back(std::move(e)); // it shows who owns the partition, not what was decided on
          break;
        }
        // The store kept an event whose ground it voided: its order cannot be relied on.
        set_quarantine(how.last, "the store committed version "
                                   + std::to_string(e.commit->expected_version.value + 1)
                                   + " after it had refused one before it");
        finish(e, quarantine_error(*quarantine_), out);
        break;
      case status::conflict:
        if (how.actual != version_) {
          refuse({errc::fenced, "the log has version " + std::to_string(how.actual.value) + " of "
                                  + id_ + ", this owner knows " + std::to_string(version_.value)});
          finish(e, *refusing_, out);
        } else if (!e.command->strict && e.command->expected_version
                   && e.command->expected_version != version_) {
          finish(e, rejected{.conflict = true, .actual = version_}, out);
        } else if (e.decided_again < settings_->decide_again_max) {
          ++e.decided_again;
          again.push_back(std::move(e));
        } else {
          finish(e,
                 error{errc::unavailable, "void " + std::to_string(e.decided_again + 1)
                                            + " times; nothing was appended"},
                 out);
        }
        break;
      case status::duplicate: {
        const remembered_command first{e.command->command_id, how.digest, how.actual, how.last,
                                       how.event_count};
        remember(first);
        finish(e, answer_again(first, *e.command), out);
        break;
      }
      case status::fenced:
        refuse({errc::fenced, "another owner claimed the partition; nothing was appended"});
        finish(e, *refusing_, out);
        break;
      case status::stopped:
        refuse(how.failure);
        [[fallthrough]];
      case status::refused:
        finish(e, how.failure, out);
        break;
      case status::unknown:
        unknown_ids.push_back(e.command->command_id);
        refuse({errc::unavailable, "the store stopped: " + how.failure.what});
        finish(e, error{errc::unknown, how.failure.what}, out);
        break;
    }
  }
  for (auto& e : again) {
    if (e.answered) {
      // Its sender was told at the deadline; deciding it now could contradict that.
      finish(e, error{errc::unavailable, {}}, out);
      continue;
    }
    if (quarantine_) {
      finish(e, quarantine_error(*quarantine_), out);
      continue;
    }
    if (auto first = answer_from_memory(*e.command)) {
      finish(e, *std::move(first), out);
      continue;
    }
    if (refusing_) {
      finish(e, *refusing_, out);
      continue;
    }
    e.tentative.reset();
    if (serving_) {
      serving_->tail.push_back(std::move(e));
      decide(serving_->tail.back(), out);
      continue;
    }
    decide_on(e, version_, state_, out);
    if (serving_)
      serving_->tail.push_back(std::move(e));
    else
      finish(e, *std::move(e.tentative), out);
  }
}

// -- deadlines and the end ------------------------------------------------------------------------

void aggregate_core::sweep(steady_time now, core_effects& out) {
  if (!serving_)
    return;
  for (auto& e : serving_->tail) {
    if (e.answered || now < e.command->deadline)
      continue;
    e.answered = true;
    const bool may_be_stored = e.is == entry::kind::appending || e.is == entry::kind::joined;
    out.answers.emplace_back(
      e.command,
      may_be_stored
        ? error{errc::unknown, "the log did not answer in time; the command may take effect yet"}
        : error{errc::unavailable, "the log did not answer in time; nothing was appended"});
  }
}

void aggregate_core::refuse(error why) {
  if (!refusing_)
    refusing_ = std::make_unique<error>(std::move(why));
}

void aggregate_core::abandon(core_effects& out) {
  refuse({errc::stopping, "the repository is closed; nothing was appended"});
  if (!serving_)
    return;
  for (auto& e : serving_->tail) {
    const bool may_be_stored = e.is == entry::kind::appending || e.is == entry::kind::joined;
    finish(e,
           may_be_stored ? error{errc::unknown, "the repository closed before the log answered"}
                         : *refusing_,
           out);
  }
  serving_.reset();
}

// -- asking ---------------------------------------------------------------------------------------

std::uint64_t aggregate_core::state_hash() const {
  if (quarantine_ || version_ == cerk::version{})
    return 0;
  std::string encoded;
  if (what_it_throws([&] { type_->state.encode(state_.get(), encoded); }))
    return 0;
  return state_hash_of(id_, type_->name, version_, encoded);
}

std::uint64_t state_hash_of(std::string_view id, std::string_view type, version at,
                            std::string_view encoded_state) noexcept {
  const std::uint64_t of_id = XXH3_64bits_withSeed(id.data(), id.size(), at.value);
  const std::uint64_t of_type = XXH3_64bits_withSeed(type.data(), type.size(), of_id);
  return XXH3_64bits_withSeed(encoded_state.data(), encoded_state.size(), of_type);
}

std::uint64_t digest_of(std::string_view name, std::string_view encoded) noexcept {
  const std::uint64_t of_name = XXH3_64bits(name.data(), name.size());
  return XXH3_64bits_withSeed(encoded.data(), encoded.size(), of_name);
}

std::string event_value(std::string_view id, std::string_view type, std::int64_t time_ms,
                        version at, std::string_view fields) {
  std::string text;
  text.reserve(128 + id.size() + type.size() + fields.size() + record_view::padding_bytes);
  text += "{\"id\":";
  detail::write_string(text, id, detail::path{});
  text += ",\"type\":";
  detail::write_string(text, type, detail::path{});
  text += ",\"create_time\":\"";
  text += to_rfc3339(time_ms);
  text += "\",\"version\":";
  detail::write_integer(text, at.value);
  if (!fields.empty())
    text.append(",").append(fields);
  text += '}';
  text.reserve(text.size() + record_view::padding_bytes);
  return text;
}

} // namespace cerk
