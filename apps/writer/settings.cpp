// The table of settings, and the three places that fill it.
#include "settings.hpp"

#include "units.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>

namespace writer {

namespace {

using namespace std::chrono_literals;

cerk::error bad_input(std::string what) {
  return {cerk::errc::bad_input, std::move(what)};
}

// -- the table ------------------------------------------------------------------------------------

using setter = cerk::result<void> (*)(settings&, std::string_view text);

struct setting {
  /// The flag without its dashes, the file's key, and in capitals the environment's name.
  const char* name;
  const char* value;
  const char* help;
  setter set;
};

template <class T>
cerk::result<void>
set_within(T& to, cerk::result<T> parsed, T least, T most, std::string_view bounds) {
  if (!parsed)
    return parsed.error();
  if (*parsed < least || *parsed > most)
    return bad_input("must be " + std::string{bounds});
  to = *parsed;
  return {};
}

cerk::result<void> set_store(settings& s, std::string_view text) {
  auto parsed = parse_store(text);
  if (!parsed)
    return parsed.error();
  s.store = *std::move(parsed);
  return {};
}

cerk::result<void> set_listen(settings& s, std::string_view text) {
  const auto wrong = [&](const char* why) {
    return bad_input("'" + std::string{text} + "' " + why
                     + "; write HOST:PORT, for example 127.0.0.1:4000 or [::1]:0");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return wrong("has no port");
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos)
    return wrong("has an IPv6 address without brackets");
  if (host.empty())
    return wrong("has no host");
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failure != std::errc{} || end != digits.data() + digits.size())
    return wrong("has no port from 0 to 65535");
  s.host = host;
  s.port = port;
  return {};
}

cerk::result<void> set_port_file(settings& s, std::string_view text) {
  if (text.empty())
    return bad_input("is empty; name a file");
  s.port_file = text;
  return {};
}

constexpr std::array table{
  setting{"store", "KIND:PLACE",
          "where events are kept: sqlite:PATH, or memory: for as long as the process lives "
          "[sqlite:cerk-users.db]",
          set_store},
  setting{"listen", "HOST:PORT", "address to serve on; port 0: any free one [127.0.0.1:4000]",
          set_listen},
  setting{"port-file", "FILE", "write the actual HOST:PORT there once the store is open",
          set_port_file},
  setting{"command-timeout", "TIME", "time for one command, 10ms to 1h [10s]",
          [](settings& s, std::string_view text) {
            return set_within(s.command_timeout, parse_duration(text), {10ms}, {1h}, "10ms to 1h");
          }},
  setting{"drain-timeout", "TIME", "time for commands in flight when stopping, 0s to 1h [10s]",
          [](settings& s, std::string_view text) {
            return set_within(s.drain_timeout, parse_duration(text), {0ms}, {1h}, "0s to 1h");
          }},
  setting{"restore-memory", "BYTES",
          "log read ahead of the fold at start, 1MiB to 1024GiB [256MiB]",
          [](settings& s, std::string_view text) {
            return set_within<std::size_t>(s.restore_memory_bytes, parse_bytes(text), 1ULL << 20,
                                           1ULL << 40, "1MiB to 1024GiB");
          }},
  setting{"workers", "N", "threads for aggregates, 1 to 1024 [one per core, at least 4]",
          [](settings& s, std::string_view text) {
            return set_within<std::size_t>(s.workers, parse_count(text), 1, 1'024, "1 to 1024");
          }},
  setting{"connections", "N", "connections at once, 1 to 1000000; then 503 [10000]",
          [](settings& s, std::string_view text) {
            return set_within<std::size_t>(s.connections_max, parse_count(text), 1, 1'000'000,
                                           "1 to 1000000");
          }},
};

std::string variable_of(std::string_view name) {
  std::string variable = "CERK_";
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

// Where a value comes from, for the sentence that says what is wrong with it.
cerk::result<void> set(settings& s, const setting& which, const std::string& from,
                       std::string_view text) {
  if (auto done = which.set(s, text); !done)
    return bad_input(from + ": " + done.error().what);
  return {};
}

// -- the file -------------------------------------------------------------------------------------

cerk::result<void> read_file(settings& s, const std::string& path) {
  toml::table root;
  try {
    root = toml::parse_file(path);
  } catch (const toml::parse_error& e) {
    const auto line = e.source().begin.line;
    return bad_input(path + (line > 0 ? ":" + std::to_string(line) : std::string{}) + ": "
                     + std::string{e.description()});
  }
  for (auto&& [key, value] : root) {
    const std::string from
      = path + ":" + std::to_string(value.source().begin.line) + ": " + std::string{key.str()};
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const setting& known) { return known.name == key.str(); });
    if (found == table.end())
      return bad_input(from + ": unknown key");
    std::string text;
    if (const auto* string = value.as_string())
      text = string->get();
    else if (const auto* number = value.as_integer())
      text = std::to_string(number->get());
    else
      return bad_input(from + ": must be a string or a whole number");
    if (auto done = set(s, *found, from, text); !done)
      return done;
  }
  return {};
}

} // namespace

// -- all of it ------------------------------------------------------------------------------------

cerk::result<store_setting> parse_store(std::string_view text) {
  if (text == "memory:")
    return store_setting{memory_store{}};
  if (text.starts_with("memory:"))
    return bad_input("'" + std::string{text} + "': nothing goes behind memory:");
  if (text.starts_with("sqlite:")) {
    if (text.size() == std::string_view{"sqlite:"}.size())
      return bad_input("'sqlite:' has no path; write sqlite:PATH");
    return store_setting{sqlite_store{std::string{text.substr(7)}}};
  }
  if (text.starts_with("kafka:"))
    return bad_input("'" + std::string{text}
                     + "': this version has no Kafka store; write sqlite:PATH or memory:");
  return bad_input("'" + std::string{text} + "' is no store; write sqlite:PATH or memory:");
}

cerk::result<std::variant<settings, just_print>>
read_settings(int argc, const char* const* argv, const environment_lookup& environment) {
  CLI::App app{"Serves the users example over HTTP: commands, events, aggregates.", "cerk-writer"};
  app.set_version_flag("--version", std::string{"cerk-writer "} + CERK_VERSION);
  app.footer("A flag comes before the environment (CERK_STORE, CERK_LISTEN, ...), that before the "
             "file.");
  std::optional<std::string> file;
  std::map<std::string_view, std::optional<std::string>> flags;
  app.add_option("--config", file, "TOML file with any of the settings below")->type_name("FILE");
  for (const auto& known : table)
    app.add_option("--" + std::string{known.name}, flags[known.name], known.help)
      ->type_name(known.value);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return std::variant<settings, just_print>{just_print{app.help()}};
  } catch (const CLI::CallForVersion&) {
    return std::variant<settings, just_print>{just_print{app.version() + "\n"}};
  } catch (const CLI::ParseError& e) {
    return bad_input(e.what());
  }

  settings s;
  if (const char* named = environment("CERK_CONFIG"); !file && named != nullptr)
    file = named;
  if (file)
    if (auto done = read_file(s, *file); !done)
      return done.error();
  for (const auto& known : table) {
    const auto variable = variable_of(known.name);
    if (const char* text = environment(variable.c_str()); text != nullptr)
      if (auto done = set(s, known, variable, text); !done)
        return done.error();
  }
  for (const auto& known : table)
    if (const auto& text = flags[known.name])
      if (auto done = set(s, known, "--" + std::string{known.name}, *text); !done)
        return done.error();
  return std::variant<settings, just_print>{std::move(s)};
}

} // namespace writer
