/// The commands: their flags, and the functions that run them.
#pragma once

#include "cerk/cli.hpp"

#include "exit_code.hpp"
#include "output.hpp"
#include "store_flag.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace cerk::cli {

enum class format : std::uint8_t { text, json, ndjson };

/// What every command has.
struct common_flags {
  store_flags where;
  /// None: the command's own choice.
  std::optional<cli::format> format;
  bool progress = true;
};

struct import_flags {
  std::string file;
  std::size_t memory_mib = 4096;
  bool keep_damaged = false;
};

struct export_flags {
  std::string file = "-";
};

struct fetch_flags {
  std::optional<std::int32_t> partition;
  std::int64_t from = 0;
  std::optional<std::int64_t> to;
  std::optional<std::uint64_t> count;
  std::optional<std::string> key;
  bool all = false;
};

struct fill_flags {
  std::uint64_t count = 0;
  std::optional<std::uint64_t> aggregates;
  std::size_t bytes = 0;
  std::uint64_t seed = 1;
  bool legacy = false;
};

struct replay_flags {
  std::string state_out;
};

// Each throws `stop` or `failure_exception` instead of returning a failure.
exit_code run_import(const common_flags& common, const import_flags& flags);
exit_code run_export(const common_flags& common, const export_flags& flags);
exit_code run_fetch(const common_flags& common, const fetch_flags& flags);
exit_code run_fill(const common_flags& common, const fill_flags& flags, const generator& make);
exit_code run_replay(const common_flags& common, const replay_flags& flags,
                     const repository_opener& open);
exit_code run_verify(const common_flags& common, const repository_opener& open);

/// Prints a command's one result on standard output: an object, or a line for each member, and for
/// each element of a member that is an array of objects.
void print_result(const nlohmann::ordered_json& result, format as);

/// Per second, rounded; 0 where no time passed.
std::uint64_t rate(std::uint64_t count, double seconds);

/// Writes a line on standard error.
void note(const std::string& line);

} // namespace cerk::cli
