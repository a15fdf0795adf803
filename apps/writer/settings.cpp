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
  /// What stands behind the flag; nothing behind one that is true or false.
  const char* value;
  const char* help;
  setter set;
  /// A second name of the flag.
  const char* letter = "";
};

template <class T, class To>
cerk::result<void>
set_within(To& to, cerk::result<T> parsed, T least, T most, std::string_view bounds) {
  if (!parsed)
    return parsed.error();
  if (*parsed < least || *parsed > most)
    return bad_input("must be " + std::string{bounds});
  to = static_cast<To>(*parsed);
  return {};
}

cerk::result<void> set_store(settings& s, std::string_view text) {
  auto parsed = parse_store(text);
  if (!parsed)
    return parsed.error();
  s.store = *std::move(parsed);
  return {};
}

template <class T>
cerk::result<void> set_choice(T& to, std::optional<T> parsed, std::string_view choices) {
  if (!parsed)
    return bad_input("must be " + std::string{choices});
  to = *parsed;
  return {};
}

cerk::result<void> set_switch(bool& to, std::string_view text) {
  if (text != "true" && text != "false")
    return bad_input("must be true or false");
  to = text == "true";
  return {};
}

cerk::result<void> set_risks(settings& s, std::string_view text) {
  s.kafka.allowed_risks.clear();
  while (!text.empty()) {
    const auto comma = text.find(',');
    const auto risk = cerk::parse_topic_risk(text.substr(0, comma));
    if (!risk)
      return bad_input("there are compaction, retention, deleted, placement and message-size, with "
                       "commas between");
    s.kafka.allowed_risks.push_back(*risk);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return {};
}

// A property of librdkafka. Of two with one meaning, which may have two names, the later counts.
cerk::result<void> add_property(settings& s, cerk::result<cerk::kafka_property> read) {
  if (!read)
    return read.error();
  s.kafka.properties.push_back(*std::move(read));
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
          "where events are kept: sqlite:PATH, kafka:TOPIC, or memory: for as long as the process "
          "lives [sqlite:cerk-users.db]",
          set_store},
  setting{"brokers", "LIST", "for Kafka: HOST:PORT of brokers, with commas between",
          [](settings& s, std::string_view text) -> cerk::result<void> {
            s.kafka.brokers = text;
            return {};
          },
          ",-b"},
  setting{"create-topic", nullptr, "for Kafka: make the topic if it is missing, with",
          [](settings& s, std::string_view text) {
            return set_switch(s.kafka.create_topic, text);
          }},
  setting{"partitions", "N", "so many partitions, for good, and",
          [](settings& s, std::string_view text) {
            return set_within<std::size_t>(s.kafka.partitions.emplace(), parse_count(text), 1,
                                           100'000, "1 to 100000");
          }},
  setting{"replication", "N", "so many copies of each",
          [](settings& s, std::string_view text) {
            return set_within<std::size_t>(s.kafka.replication.emplace(), parse_count(text), 1, 100,
                                           "1 to 100");
          }},
  setting{"partitioner", "NAME",
          "for Kafka: how keys are spread over partitions, crc32 or murmur2 [crc32]",
          [](settings& s, std::string_view text) {
            return set_choice(s.kafka.partitioner, cerk::parse_partitioner(text),
                              "crc32 or murmur2");
          }},
  setting{"allow-unsafe-topic", "REASON,...",
          "for Kafka: open the topic in spite of compaction, retention, deleted (records), "
          "placement or message-size",
          set_risks},
  setting{
    "delivery-timeout", "TIME",
    "for Kafka: time for a record on its way, then the partition is claimed again, 100ms to 1h "
    "[30s]",
    [](settings& s, std::string_view text) {
      return set_within(s.kafka.delivery_timeout, parse_duration(text), {100ms}, {1h},
                        "100ms to 1h");
    }},
  setting{"on-fenced", "WHAT",
          "when another owner claims: stay (until SIGUSR1 says to take over) or reclaim [stay]",
          [](settings& s, std::string_view text) {
            return set_choice(s.on_fenced, cerk::parse_on_fenced(text), "stay or reclaim");
          }},
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

std::optional<std::string> text_of(const toml::node& value) {
  if (const auto* string = value.as_string())
    return string->get();
  if (const auto* number = value.as_integer())
    return std::to_string(number->get());
  if (const auto* boolean = value.as_boolean())
    return boolean->get() ? "true" : "false";
  return std::nullopt;
}

// "security.protocol" = "ssl", or security.protocol = "ssl", which TOML reads as nested tables.
cerk::result<void> read_properties(settings& s, const std::string& path, const toml::table& from,
                                   const std::string& prefix = {}) {
  for (auto&& [key, value] : from) {
    const std::string name = prefix + std::string{key.str()};
    const std::string where = path + ":" + std::to_string(value.source().begin.line) + ": [kafka] ";
    if (const auto* nested = value.as_table()) {
      if (auto done = read_properties(s, path, *nested, name + '.'); !done)
        return done;
      continue;
    }
    const auto text = text_of(value);
    if (!text)
      return bad_input(where + name + ": must be a string, a whole number, true or false");
    if (auto done = add_property(s, cerk::make_kafka_property(name, *text)); !done)
      return bad_input(where + done.error().what);
  }
  return {};
}

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
    if (const auto* properties = value.as_table(); properties != nullptr && key == "kafka") {
      if (auto done = read_properties(s, path, *properties); !done)
        return done;
      continue;
    }
    const auto found = std::find_if(table.begin(), table.end(),
                                    [&](const setting& known) { return known.name == key.str(); });
    if (found == table.end())
      return bad_input(from + ": unknown key");
    const auto text = text_of(value);
    if (!text)
      return bad_input(from + ": must be a string, a whole number, true or false");
    if (auto done = set(s, *found, from, *text); !done)
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
  if (text.starts_with("kafka:")) {
    if (text.size() == std::string_view{"kafka:"}.size())
      return bad_input("'kafka:' has no topic; write kafka:TOPIC");
    return store_setting{kafka_store{std::string{text.substr(6)}}};
  }
  return bad_input("'" + std::string{text}
                   + "' is no store; write sqlite:PATH, kafka:TOPIC or memory:");
}

namespace {

// What only makes sense together.
cerk::result<void> check(const settings& s) {
  const auto& kafka = s.kafka;
  if (std::holds_alternative<kafka_store>(s.store)) {
    if (kafka.brokers.empty())
      return bad_input("--store: a topic needs its brokers: --brokers HOST:PORT");
    if (kafka.create_topic && (!kafka.partitions || !kafka.replication))
      return bad_input("--create-topic needs --partitions and --replication");
    return {};
  }
  if (!kafka.brokers.empty() || !kafka.properties.empty() || kafka.create_topic)
    return bad_input("--brokers, -X, [kafka] and --create-topic are for --store kafka:TOPIC");
  return {};
}

} // namespace

cerk::result<std::variant<settings, just_print>>
read_settings(int argc, const char* const* argv, const environment_lookup& environment) {
  CLI::App app{"Serves the users example over HTTP: commands, events, aggregates.", "cerk-writer"};
  app.set_version_flag("--version", std::string{"cerk-writer "} + CERK_VERSION);
  app.footer("A flag comes before the environment (CERK_STORE, CERK_LISTEN, ...), that before the "
             "file.");
  std::optional<std::string> file;
  std::map<std::string_view, std::optional<std::string>> flags;
  app.add_option("--config", file, "TOML file with any of the settings below")->type_name("FILE");
  std::vector<std::string> properties;
  app
    .add_option("-X", properties,
                "for Kafka: a librdkafka property; may be given again. Secrets: KEY=@file:PATH or "
                "KEY=@env:NAME")
    ->allow_extra_args(false)
    ->type_name("KEY=VALUE");
  for (const auto& known : table) {
    const std::string name = "--" + std::string{known.name} + known.letter;
    if (known.value != nullptr)
      app.add_option(name, flags[known.name], known.help)->type_name(known.value);
    else
      app.add_flag_callback(name, [&flags, &known] { flags[known.name] = "true"; }, known.help);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return std::variant<settings, just_print>{just_print{app.help()}};
  } catch (const CLI::CallForVersion&) {
    return std::variant<settings, just_print>{just_print{app.version() + "\n"}};
  } catch (const CLI::ExtrasError&) {
    // No word that may be a secret, as where -X was forgotten or its `=`.
    std::string words;
    for (const auto& word : app.remaining(true))
      words += ' ' + (word.starts_with('-') ? word.substr(0, word.find('=')) : "(a word)");
    return bad_input("not expected:" + words);
  } catch (const CLI::ParseError& e) {
    return bad_input(e.what());
  }

  settings s;
  if (const char* named = environment("CERK_CONFIG"); !file && named != nullptr)
    file = named;
  if (file)
    if (auto done = read_file(s, *file); !done)
      return done.error();
  for (const auto& text : properties)
    if (auto done = add_property(s, cerk::parse_kafka_property(text)); !done)
      return bad_input("-X: " + done.error().what);
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
  if (auto done = check(s); !done)
    return done.error();
  return std::variant<settings, just_print>{std::move(s)};
}

} // namespace writer
