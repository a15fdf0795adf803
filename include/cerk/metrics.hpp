/// What a repository counts. The writer renders it for Prometheus; names are in docs/operating.md.
#pragma once

#include <cstdint>

namespace cerk {

/// A moment's counts; each only grows unless it says otherwise.
struct repository_metrics {
  /// Those without an event, too: nothing to change, or a retry that got its first receipt.
  std::uint64_t commands_accepted = 0;
  /// By the domain.
  std::uint64_t commands_rejected = 0;
  /// By the expected version.
  std::uint64_t commands_conflicting = 0;
  std::uint64_t commands_failed = 0;
  /// Of the failed: refused at once because a bound was reached.
  std::uint64_t commands_overloaded = 0;
  /// Of the failed: nobody knows whether they took effect.
  std::uint64_t commands_unknown = 0;
  /// Results that came after their command had been answered by its deadline.
  std::uint64_t answers_late = 0;
  std::uint64_t events_appended = 0;
  std::uint64_t batches_appended = 0;
  std::uint64_t fences = 0;
  /// Now: goes up and down.
  std::uint64_t commands_in_flight = 0;
  std::uint64_t bytes_in_flight = 0;
  std::uint64_t aggregates = 0;
  std::uint64_t aggregates_quarantined = 0;
};

} // namespace cerk
