/// A command on its way: everything that is fixed about it when the repository takes it.
#pragma once

#include "cerk/command.hpp"

#include "registry.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cerk {

/// One command (or a unit of work's events) and how to answer it.
struct command_envelope {
  std::string id;
  const registered_aggregate* aggregate = nullptr;
  /// The command's functions and its typed value; none for a unit of work.
  const registered_command* command = nullptr;
  std::shared_ptr<const void> payload;
  /// What a unit of work appends.
  std::vector<detail::encoded_event> events;

  std::optional<version> expected_version;
  cerk::command_id command_id;
  std::uint64_t digest = 0;
  bool strict = false;
  /// The command id came from the sender, who may send it again.
  bool has_key = false;
  std::chrono::system_clock::time_point time;
  std::chrono::steady_clock::time_point deadline;
  std::string correlation_id;
  cerk::metadata metadata;
  /// What it counts against `bytes_in_flight_max`.
  std::size_t bytes = 0;

  /// Called exactly once, from an actor's thread; must not block and must not throw.
  std::function<void(outcome)> done;
};

using command_ptr = std::shared_ptr<const command_envelope>;

/// Tells a retry from another command under the same id: of the command's name and its payload in
/// cerk's own encoding, so neither white space nor the order of fields in a request matter.
std::uint64_t digest_of(std::string_view name, std::string_view encoded) noexcept;

} // namespace cerk
