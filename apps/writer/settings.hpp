/// What the service can be told, by flag, environment, file or not at all; the earlier wins.
///
/// One table in settings.cpp has every setting with its name, default and bounds. A flag `--store`
/// is `CERK_STORE` in the environment and `store = "..."` in the TOML file.
#pragma once

#include <cerk/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>

namespace writer {

/// A store in a SQLite file.
struct sqlite_store {
  std::string path;
};

/// A store that ends with the process.
struct memory_store {};

using store_setting = std::variant<sqlite_store, memory_store>;

/// Every setting with its default.
struct settings {
  store_setting store = sqlite_store{"cerk-users.db"};
  std::string host = "127.0.0.1";
  /// 0: any free one.
  std::uint16_t port = 4000;
  /// Where the actual address is written once the store is open; empty: nowhere.
  std::string port_file;
  std::chrono::milliseconds command_timeout{10'000};
  std::chrono::milliseconds drain_timeout{10'000};
  std::size_t restore_memory_bytes = 256 << 20;
  /// Scheduler workers; 0: CAF's own rule (one per core, at least 4).
  std::size_t workers = 0;
  /// Connections at once; a further one is answered 503 and closed.
  std::size_t connections_max = 10'000;
};

/// What the command line asks for instead of a service.
struct just_print {
  std::string text;
};

/// The value of an environment variable; nullptr if it is not set.
using environment_lookup = std::function<const char*(const char* name)>;

/// Reads flags, then the environment, then the file that either of them names.
/// Errors: `bad_input`, with the flag, variable or file:line that is wrong.
cerk::result<std::variant<settings, just_print>>
read_settings(int argc, const char* const* argv, const environment_lookup& environment);

/// `sqlite:PATH` or `memory:`. Errors: `bad_input`.
cerk::result<store_setting> parse_store(std::string_view text);

} // namespace writer
