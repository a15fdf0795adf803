/// One aggregate without its actor: restoring, deciding, waiting for the log, answering.
///
/// Committed state is what is known to be durable, and all that queries see. Commands are decided
/// on the speculative state: committed plus the tail of what is under way.
///
///     take ─► [decide] ─► tail: append ─► append ─► refusal ─► append      (order of decisions)
///                         │                         └ waits for its ground
///     settled ────────────┘ front by front: committed advances, answers go out
///
/// A failed append voids everything decided on it: the tail settles first, then whatever is left is
/// decided again on the committed state, or answered with what is known.
#pragma once

#include "cerk/provider.hpp"

#include "envelope.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cerk {

/// What the cores of one repository share.
struct core_settings {
  const registry* types = nullptr;
  partition_id partition;
  std::size_t event_bytes_max = 0;
  std::uint32_t command_ids_max = 0;
  std::uint32_t decide_again_max = 0;
};

/// An append to hand to the producer.
struct append_request {
  std::uint64_t sequence = 0;
  /// Of the partition, when it was decided.
  std::uint32_t epoch = 0;
  commit_ptr commit;
};

/// What one step of a core asks its surroundings to do, in this order of members.
struct core_effects {
  std::vector<append_request> appends;
  std::vector<std::pair<command_ptr, outcome>> answers;
  /// Commands that no longer take a place, answered now or earlier.
  std::vector<command_ptr> released;
  /// Results that came after their command had been answered by its deadline.
  std::uint32_t late = 0;

  void clear() noexcept {
    appends.clear();
    answers.clear();
    released.clear();
    late = 0;
  }
};

/// A command that took effect, remembered for retries.
struct remembered_command {
  cerk::command_id id;
  std::uint64_t digest = 0;
  cerk::version version;
  cerk::offset last;
  std::uint32_t event_count = 0;
};

/// A strict command that was refused, remembered for retries.
struct remembered_rejection {
  cerk::command_id id;
  std::uint64_t digest = 0;
  rejected answer;
};

/// Why an aggregate takes no commands.
struct quarantine {
  offset at = no_offset;
  std::string cause;
};

/// The aggregate. Not thread-safe; owned by one actor or one test.
class aggregate_core {
public:
  aggregate_core(const core_settings* settings, std::string_view id);
  ~aggregate_core();
  aggregate_core(aggregate_core&&) noexcept;

  // -- restoring --

  /// Folds an effective record; one that is committed here already is passed over. A record that
  /// does not fit or cannot be applied quarantines the aggregate, and later ones are passed over.
  /// Returns whether it was applied.
  bool restore(const record_view& stored);

  // -- serving --

  /// The partition is being taken over again: what is under way from an earlier epoch never takes
  /// effect, and a former refusal holds no longer. Nothing if the epoch is the present one.
  void begin_epoch(std::uint32_t epoch, core_effects& out);

  /// Takes a command: decides it, joins it to its own earlier try, or refuses it.
  void take(command_ptr command, std::chrono::steady_clock::time_point now, core_effects& out);

  /// The log's word on an append.
  void settled(std::uint64_t sequence, commit_result how, core_effects& out);

  /// Answers every command whose deadline has come with what is known of it.
  void sweep(std::chrono::steady_clock::time_point now, core_effects& out);

  /// Takes no commands any more, for this reason.
  void refuse(error why);

  /// Answers everything that waits: `stopping` where nothing was appended, else `unknown`.
  void abandon(core_effects& out);

  // -- asking --

  const std::string& id() const noexcept {
    return id_;
  }

  /// The type of its first event; nullptr while it has none.
  const registered_aggregate* type() const noexcept {
    return type_;
  }

  cerk::version committed_version() const noexcept {
    return version_;
  }

  offset committed_offset() const noexcept {
    return last_;
  }

  /// Empty while the aggregate has no events.
  const detail::state_box& committed_state() const noexcept {
    return state_;
  }

  const quarantine* quarantined() const noexcept {
    return quarantine_.get();
  }

  /// Nothing is under way and it has nothing to remember: it need not be kept.
  bool is_blank() const noexcept {
    return version_ == cerk::version{} && !serving_ && !quarantine_ && !rejections_;
  }

  /// Nothing is under way.
  bool is_idle() const noexcept {
    return !serving_;
  }

  /// Of id, type, version and encoded state; 0 for a blank or quarantined one, and for a state that
  /// cannot be encoded.
  std::uint64_t state_hash() const;

private:
  struct entry;
  struct serving;

  bool restore_outcome(const record_view& stored);
  void decide(entry& e, core_effects& out);
  void decide_on(entry& e, const version at, const detail::state_box& state, core_effects& out);
  bool append(entry& e, std::vector<detail::encoded_event> events, core_effects& out);
  void append_proof(entry& e, outcome answer, core_effects& out);
  void hand_over(entry& e, std::shared_ptr<const commit> made, core_effects& out);
  std::shared_ptr<commit> begin_commit(const command_envelope& command) const;
  void advance(core_effects& out);
  outcome answer_on_ground(outcome tentative, const command_envelope& command) const;
  void answer_proved(entry& e, core_effects& out);
  void roll_back(core_effects& out);
  void finish(entry& e, outcome answer, core_effects& out);
  void remember(const remembered_command& command);
  const remembered_command* find_remembered(const command_id& id) const noexcept;
  void remember(remembered_rejection rejection);
  outcome answer_again(const remembered_command& first, const command_envelope& again) const;
  std::optional<outcome> answer_from_memory(const command_envelope& again) const;
  void set_quarantine(offset at, std::string cause);

  const core_settings* settings_;
  std::string id_;
  const registered_aggregate* type_ = nullptr;
  detail::state_box state_;
  cerk::version version_;
  offset last_ = no_offset;
  std::vector<remembered_command> remembered_; // a ring once it is full
  std::uint32_t oldest_ = 0;
  std::uint32_t epoch_ = 0;
  std::unique_ptr<std::deque<remembered_rejection>>
    rejections_; // the last; few aggregates have any
  std::unique_ptr<quarantine> quarantine_;
  std::unique_ptr<error> refusing_;
  std::unique_ptr<serving> serving_; // only while something is under way
};

/// The part that one aggregate adds to the state hash of a repository: the sum over all of them.
std::uint64_t state_hash_of(std::string_view id, std::string_view type, version at,
                            std::string_view encoded_state) noexcept;

/// The JSON text of an event: the envelope, then its own fields.
std::string event_value(std::string_view id, std::string_view type, std::int64_t time_ms,
                        version at, std::string_view fields);

} // namespace cerk
