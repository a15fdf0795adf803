/// What can go wrong, as values: a code, a sentence, and whether to try again.
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace cerk {

/// Every failure has one of these codes; the names appear in logs, metrics and HTTP answers.
enum class errc : std::uint8_t {
  /// The aggregate id is empty, too long or has a character outside `[A-Za-z0-9._:-]`.
  bad_id,
  /// The command cannot be read: malformed, unknown type, missing or mistyped field.
  bad_command,
  /// The id is of an aggregate of another type; an id belongs to the type of its first event.
  wrong_type,
  /// The command id was used before with another payload.
  command_id_reused,
  /// An event above `event_bytes_max`; nothing was appended.
  event_too_large,
  /// `decide` or `evolve` threw, or made an event that cannot be stored; nothing was appended.
  domain_error,
  /// A stored event of this aggregate cannot be decoded or applied; it takes no commands.
  quarantined,
  /// A bound on commands or bytes in flight is reached; nothing was appended.
  overloaded,
  /// The partition is not restored yet; nothing was appended.
  restoring,
  /// Another owner claimed the partition; nothing was appended.
  fenced,
  /// The repository is draining or closed; nothing was appended.
  stopping,
  /// The store refused before anything was appended (disk full, not reachable).
  unavailable,
  /// The command may or may not have taken effect: send it again with the same command id.
  unknown,
  /// A blocking call from inside an actor, which could stop the scheduler.
  blocking_in_actor,
  /// The repository was opened to read only.
  read_only,
  /// There is no aggregate with this id.
  not_found,
  /// The store, its file or its topic cannot be used: what and why is in the text.
  store_unusable,
  /// Another process has the store open.
  store_in_use,
  /// Stored bytes that cannot be what cerk wrote.
  corrupt,
  /// A flag, a setting or a file given by the user is wrong.
  bad_input,
};

/// The code's name, for example "overloaded".
std::string_view to_string(errc code) noexcept;

/// What a client should do about a failure.
enum class retry : std::uint8_t {
  /// The same command fails again.
  never,
  /// Nothing happened; later it may work.
  later,
  /// Something may have happened; only the same command id is safe.
  same_command_id,
};

retry retry_advice(errc code) noexcept;

/// A failure. `what` says what, where and, if there is one, the remedy; it ends without a full
/// stop.
struct error {
  errc code{};
  std::string what;

  retry advice() const noexcept {
    return retry_advice(code);
  }
};

/// "overloaded: 32768 commands are in flight"
std::string to_string(const error& e);

/// Thrown by constructors that cannot do their work, and by `result::value()`; by nothing else.
class failure_exception : public std::runtime_error {
public:
  explicit failure_exception(error e) : std::runtime_error(to_string(e)), error_(std::move(e)) {
  }

  const error& reason() const noexcept {
    return error_;
  }

private:
  error error_;
};

[[noreturn]] inline void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw failure_exception(e);
}

/// A value or the reason why there is none.
template <class T>
using result = boost::system::result<T, error>;

} // namespace cerk
