/// A command's way in and out: what goes with it, what `decide` is told, what comes back.
#pragma once

#include "cerk/decision.hpp"
#include "cerk/error.hpp"
#include "cerk/ids.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace cerk {

/// Text pairs that travel with a command and are stored as headers of its events.
/// Bound: 16 KiB in all; more is refused as `bad_command`.
using metadata = std::map<std::string, std::string>;

/// What a sender may say besides the command. Every member is optional.
struct send_options {
  /// Accept only if the aggregate is at this version; else rejected as a conflict.
  std::optional<version> expected_version{};
  /// Makes a retry safe: the same key on the same aggregate takes effect once, and its receipt
  /// comes again. None: a UUIDv7 is made, and a retry is a new command.
  std::optional<std::string> command_key{};
  /// Until when an answer is wanted. None: the repository's `command_timeout`.
  std::optional<std::chrono::milliseconds> timeout{};
  /// A rejection, and that nothing has to change, are answered only once a record produced after
  /// the decision is in effect: no other owner's event can have come before it. With a command key
  /// a rejection is remembered as a receipt is, so that every owner answers the same. Costs an
  /// append; accepted events need none of it.
  bool strict = false;
  /// Stored as header `correlation_id`.
  std::string correlation_id{};
  cerk::metadata metadata{};
};

/// What a reader may say.
struct read_options {
  /// The answer is at least as new as every event that was acknowledged, by whatever owner, before
  /// the question. Without it an owner that was fenced without knowing may be behind, never wrong.
  /// Costs an append (a no-op, one for all that ask at once). Fails as `fenced`, `unavailable`.
  bool strict = false;
  /// For a strict read. None: the repository's `command_timeout`.
  std::optional<std::chrono::milliseconds> timeout{};
};

/// What `decide` may know about the command besides its fields. Time, ids and metadata are fixed
/// when the command is taken, so that deciding again on a newer state differs by the state alone.
struct context {
  /// The aggregate's id.
  std::string_view id;
  /// The version decided on; 0: the aggregate has no events yet.
  cerk::version version;
  /// When the repository took the command.
  std::chrono::system_clock::time_point time;
  cerk::command_id command_id;
  std::string_view correlation_id;
  const cerk::metadata& metadata;
};

/// The answer to an accepted command; its events are durable.
struct receipt {
  std::string id;
  /// The aggregate's version after the command's last event.
  cerk::version version;
  partition_id partition;
  /// Offset of the last event, or, for a command that changed nothing, of the state it saw.
  cerk::offset offset;
  cerk::command_id command_id;
  /// How many events the command made; 0: it changed nothing.
  std::uint32_t event_count = 0;

  /// `<command id>-1` to `<command id>-<event_count>`.
  std::vector<std::string> event_ids() const;

  friend bool operator==(const receipt&, const receipt&) = default;
};

/// The answer to a command that the domain or the expected version refused. It left no trace.
struct rejected {
  /// The domain's reasons; empty for a conflict.
  std::vector<rejection> reasons;
  /// True when the expected version was not the actual one.
  bool conflict = false;
  /// The version that the refusal is based on.
  version actual;

  friend bool operator==(const rejected&, const rejected&) = default;
};

/// How a command ended: accepted with a receipt, rejected, or failed; there is no fourth.
class [[nodiscard]] outcome {
public:
  /// An answer that never came: fails as `unknown`.
  outcome() : value_(error{errc::unknown, "no answer"}) {
  }

  outcome(receipt r) : value_(std::move(r)) {
  }

  outcome(rejected r) : value_(std::move(r)) {
  }

  outcome(error e) : value_(std::move(e)) {
  }

  bool accepted() const noexcept {
    return std::holds_alternative<receipt>(value_);
  }

  explicit operator bool() const noexcept {
    return accepted();
  }

  /// The receipt; nullptr unless accepted. Lives as long as the outcome.
  const receipt* get_receipt() const noexcept {
    return std::get_if<receipt>(&value_);
  }

  /// The refusal; nullptr unless rejected.
  const rejected* get_rejection() const noexcept {
    return std::get_if<rejected>(&value_);
  }

  /// The failure; nullptr unless failed.
  const error* get_failure() const noexcept {
    return std::get_if<error>(&value_);
  }

private:
  std::variant<receipt, rejected, error> value_;
};

/// One line for people: "accepted: ada at version 2", "rejected: name_taken (name): …", "failed:
/// …".
std::string to_string(const outcome& o);

} // namespace cerk
