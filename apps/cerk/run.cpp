// The command line: flags to structs, failures to exit codes.
#include "commands.hpp"
#include "interrupt.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <limits>
#include <map>

namespace cerk::cli {

namespace {

constexpr std::size_t event_bytes_max = 512 << 10;
constexpr std::int64_t offset_max = std::int64_t{1} << 62;

const std::map<std::string, format> formats{{"text", format::text},
                                            {"json", format::json},
                                            {"ndjson", format::ndjson}};

/// All flags of all commands, and which command was given.
class command_line {
public:
  command_line(const tool& about, const repository_opener& open)
    : app_(about.about, about.name), about_(about), open_(open) {
    app_.require_subcommand(1);
    app_.footer("Exit codes: 0 ok, 1 failed, 2 usage, 3 problems found, 4 conflict or not owner, "
                "130 interrupted.");
    app_.add_option("--store", common_.where.store, "the log: sqlite:PATH or kafka:TOPIC")
      ->envname("CERK_STORE")
      ->required();
    app_
      .add_option("-b,--brokers", common_.where.brokers,
                  "for Kafka: HOST:PORT of brokers, with commas between")
      ->envname("CERK_BROKERS");
    app_
      .add_option(
        "-X", common_.where.properties,
        "for Kafka: a librdkafka property, key=value; may be given again. A secret is better "
        "named than written: key=@file:PATH or key=@env:NAME")
      ->allow_extra_args(false);
    app_
      .add_option("--allow-unsafe-topic", common_.where.allowed_risks,
                  "for Kafka: open a topic in spite of compaction, retention, deleted (records), "
                  "placement or message-size; commas between")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("REASON");
    app_
      .add_option("--partitioner", common_.where.partitioner,
                  "for Kafka: how keys are spread over partitions, crc32 or murmur2")
      ->capture_default_str();
    app_.add_flag("--create-topic", common_.where.create_topic,
                  "for Kafka: fill and import make the topic if it is missing, with");
    app_.add_option("--partitions", common_.where.partitions, "so many partitions, for good, and")
      ->check(CLI::Range(std::int32_t{1}, std::int32_t{100'000}));
    app_.add_option("--replication", common_.where.replication, "so many copies of each")
      ->check(CLI::Range(std::int32_t{1}, std::int32_t{100}));
    app_.add_option("-o,--output", output_, "how results are printed: text, json or ndjson")
      ->check(CLI::IsMember({"text", "json", "ndjson"}));
    app_.add_flag("--no-progress", no_progress_, "no progress on standard error");
    add_import();
    add_export();
    add_fetch();
    if (about.fill)
      add_fill();
    add_replay();
    add_verify();
  }

  exit_code run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ExtrasError&) {
      // No word that may be a secret, as where -X was forgotten or its `=`.
      std::string words;
      for (const auto& word : app_.remaining(true))
        words += ' ' + (word.starts_with('-') ? word.substr(0, word.find('=')) : "(a word)");
      note(about_.name + ": not expected:" + words + "; --help is the manual");
      return exit_code::usage;
    } catch (const CLI::ParseError& e) {
      // The help that was asked for is data, on standard output; everything else is a usage error.
      return app_.exit(e) == 0 ? exit_code::ok : exit_code::usage;
    }
    common_.progress = !no_progress_;
    if (!output_.empty())
      common_.format = formats.at(output_);
    return chosen_();
  }

  /// "cerk import", for what is said on standard error.
  std::string name() const {
    const auto given = app_.get_subcommands();
    return given.empty() ? about_.name : about_.name + ' ' + given.front()->get_name();
  }

private:
  CLI::App& add(const std::string& name, const std::string& text, std::function<exit_code()> run) {
    auto& command = *app_.add_subcommand(name, text);
    command.fallthrough(); // --store and the like may stand behind the command, too
    command.final_callback([this, run = std::move(run)] { chosen_ = run; });
    return command;
  }

  void add_import() {
    auto& c
      = add("import",
            "Appends the records of FILE, lines of JSON as export writes them: all or none, to a "
            "topic in order. "
            "Each line: {\"key\",\"value\"[,\"headers\",\"partition\",\"offset\",\"timestamp\"]}, "
            "key_base64 and value_base64 for bytes that are not UTF-8. A log that was claimed "
            "goes whole into an empty store; events without header go into any that was never "
            "claimed",
            [this] { return run_import(common_, import_); });
    c.add_option("FILE", import_.file, "the file; - is standard input")->required();
    c.add_option("--memory", import_.memory_mib,
                 "most memory for the records in MiB: all are checked before the first is written")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1} << 20))
      ->capture_default_str();
    c.add_flag("--keep-damaged", import_.keep_damaged,
               "take records whose seal is broken; their aggregates will be quarantined");
  }

  void add_export() {
    auto& c = add("export",
                  "Writes every record of the log as it is, claims and void ones too; import makes "
                  "the same log of it",
                  [this] { return run_export(common_, export_); });
    c.add_option("FILE", export_.file,
                 "the file, which appears whole or not at all; - is standard output")
      ->capture_default_str();
  }

  void add_fetch() {
    auto& c = add("fetch", "Prints events, one JSON object a line, with what the fold says of each",
                  [this] { return run_fetch(common_, fetch_); });
    c.add_option("-p,--partition", fetch_.partition, "this partition only")
      ->check(CLI::Range(std::int32_t{0}, std::numeric_limits<std::int32_t>::max()));
    c.add_option("--from", fetch_.from, "first offset printed")
      ->check(CLI::Range(std::int64_t{0}, offset_max));
    c.add_option("--to", fetch_.to, "offset to stop before")
      ->check(CLI::Range(std::int64_t{0}, offset_max));
    c.add_option("-n", fetch_.count, "at most so many")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1} << 62)); // also keeps -1 from wrapping
    c.add_option("--key", fetch_.key, "events of this aggregate only");
    c.add_flag("--all", fetch_.all, "claims and other records that are no events, too");
  }

  void add_fill() {
    auto& c = add("fill", "Appends generated events; the same seed gives the same events",
                  [this] { return run_fill(common_, fill_, about_.fill); });
    c.add_option("-n", fill_.count, "how many events")
      ->required()
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 40));
    c.add_option("--aggregates", fill_.aggregates,
                 "over how many aggregates, in turn; default: 1000, or N if that is less")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 32));
    c.add_option("--size", fill_.bytes, "about how many bytes each stored value has")
      ->check(CLI::Range(std::size_t{1}, event_bytes_max));
    c.add_option("--seed", fill_.seed, "what ids and fields are made from")->capture_default_str();
    c.add_flag("--legacy", fill_.legacy,
               "write what the Go library's fill tool writes: events without header");
  }

  void add_replay() {
    auto& c = add("replay",
                  "Restores everything and prints counts and the state hash, altogether and by "
                  "partition; exit code 3 if an aggregate had to be quarantined",
                  [this] { return run_replay(common_, replay_, open_); });
    c.add_option("--state-out", replay_.state_out,
                 "file for {\"id\",\"type\",\"version\",\"state\"}, one line an aggregate, by id");
  }

  void add_verify() {
    add("verify",
        "Looks for what is wrong with the log, and for Kafka with its topic: a line for each "
        "finding, exit code 3 if one is a problem",
        [this] { return run_verify(common_, open_); });
  }

  CLI::App app_;
  const tool& about_;
  const repository_opener& open_;
  common_flags common_;
  std::string output_;
  bool no_progress_ = false;
  import_flags import_;
  export_flags export_;
  fetch_flags fetch_;
  fill_flags fill_;
  replay_flags replay_;
  std::function<exit_code()> chosen_;
};

exit_code run_guarded(int argc, const char* const* argv, const tool& about,
                      const repository_opener& open) {
  std::string name = about.name;
  auto report = [&](exit_code code, const std::string& what) {
    note(name + ": " + what);
    return code;
  };
  try {
    const interrupt_guard signals;
    command_line line{about, open};
    try {
      return line.run(argc, argv);
    } catch (...) {
      name = line.name();
      throw;
    }
  } catch (const stop& e) {
    return report(e.code(), e.what());
  } catch (const failure_exception& e) {
    return report(exit_code_of(e.reason()), e.reason().what);
  } catch (const std::exception& e) {
    return report(exit_code::failed, e.what());
  }
}

} // namespace

int run_with(int argc, const char* const* argv, const tool& about, const repository_opener& open) {
  return static_cast<int>(run_guarded(argc, argv, about, open));
}

} // namespace cerk::cli
