/// The command line `cerk` for aggregates of one's own: link cerk::cli, and main() is one line.
///
///     int main(int argc, char** argv) {
///       return cerk::cli::run(argc, argv, users);
///     }
///
/// Commands: import, export, fetch, replay, verify, and fill if there is a generator. Data on
/// stdout, everything else on stderr; `--help` is the manual.
#pragma once

#include "cerk/log.hpp"
#include "cerk/repository.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace cerk::cli {

/// The place of one event that `fill` asks for.
struct fill_slot {
  /// Of its aggregate.
  std::string_view id;
  /// How many events `fill` gave this aggregate before; 0: this one creates it.
  std::uint64_t round = 0;
  /// A function of the seed and the slot and nothing else.
  std::uint64_t random = 0;
  /// About how long the stored value should be, envelope included; 0: as long as it is.
  std::size_t bytes = 0;
};

/// Makes the event for a slot. Equal slots must give equal events.
using generator = std::function<new_event(const fill_slot&)>;

/// What a program of one's own may say besides its aggregates.
struct tool {
  std::string name = "cerk";
  /// One line for `--help`.
  std::string about = "Reads, writes and checks a cerk event log.";
  /// Without it there is no command `fill`.
  generator fill{};
};

/// How `replay` and `verify` open a repository without knowing its types.
using repository_opener
  = std::function<std::unique_ptr<repository>(caf::actor_system& system, provider& store,
                                              repository_options options)>;

/// See `run`.
int run_with(int argc, const char* const* argv, const tool& about, const repository_opener& open);

/// Runs the command that `argv` names and returns the exit code: 0 ok, 1 failed, 2 usage, 3
/// problems found, 4 conflict or not owner, 130 interrupted. While it runs, SIGINT and SIGTERM are
/// its own.
template <class... Types>
int run(int argc, const char* const* argv, const tool& about, const Types&... types) {
  static_assert(sizeof...(Types) > 0, "name at least one aggregate");
  return run_with(
    argc, argv, about, [&](caf::actor_system& system, provider& store, repository_options options) {
      return std::make_unique<repository>(system, store, std::move(options), types...);
    });
}

template <class... Types>
int run(int argc, const char* const* argv, const Types&... types) {
  return run(argc, argv, tool{}, types...);
}

} // namespace cerk::cli
