// Flags before the environment before the file before defaults; and what is wrong, with its place.
#define CAF_SUITE writer_settings

#include "process.hpp"
#include "settings.hpp"

#include <map>

#include "caf/test/unit_test.hpp"

using namespace system_test;
using writer::settings;

namespace {

struct fixture {
  auto read(const std::vector<std::string>& flags) {
    std::vector<const char*> argv{"cerk-writer"};
    for (const auto& flag : flags)
      argv.push_back(flag.c_str());
    return writer::read_settings(static_cast<int>(argv.size()), argv.data(),
                                 [this](const char* name) -> const char* {
                                   const auto found = environment.find(name);
                                   return found != environment.end() ? found->second.c_str()
                                                                     : nullptr;
                                 });
  }

  settings well(const std::vector<std::string>& flags) {
    auto got = read(flags);
    if (!got)
      CAF_FAIL(got.error().what);
    return std::get<settings>(*got);
  }

  std::string wrong(const std::vector<std::string>& flags) {
    auto got = read(flags);
    CAF_CHECK(!got);
    CAF_MESSAGE((got ? "" : got.error().what));
    return got ? "" : got.error().what;
  }

  std::string file(const std::string& text) {
    std::ofstream{directory / "w.toml"} << text;
    return directory / "w.toml";
  }

  temporary_directory directory;
  std::map<std::string, std::string> environment;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(writer_settings, fixture)

CAF_TEST(without_anything_the_defaults_of_the_contract_hold) {
  const auto s = well({});
  CAF_CHECK_EQUAL(std::get<writer::sqlite_store>(s.store).path, "cerk-users.db");
  CAF_CHECK_EQUAL(s.host, "127.0.0.1");
  CAF_CHECK_EQUAL(s.port, 4000);
  CAF_CHECK(s.command_timeout == 10s);
}

CAF_TEST(flags_come_before_the_environment_before_the_file) {
  const auto path = file("command-timeout = '1s'\ndrain-timeout = '1s'\nrestore-memory = '1MiB'\n"
                         "workers = 3\n");
  environment
    = {{"CERK_CONFIG", path}, {"CERK_COMMAND_TIMEOUT", "2s"}, {"CERK_DRAIN_TIMEOUT", "2s"}};
  const auto s = well({"--command-timeout", "3s"});
  CAF_CHECK(s.command_timeout == 3s);
  CAF_CHECK(s.drain_timeout == 2s);
  CAF_CHECK_EQUAL(s.restore_memory_bytes, 1u << 20);
  CAF_CHECK_EQUAL(s.workers, 3u);
}

CAF_TEST(a_mistake_in_the_file_is_told_with_its_line) {
  const auto in_file = [&](const std::string& text) { return wrong({"--config", file(text)}); };
  CAF_CHECK(
    contains(in_file("store = 'memory:'\n\nstoer = 'x'\n"), "w.toml:3: stoer: unknown key"));
  CAF_CHECK(contains(in_file("[kafka]\na = 1\n"), "w.toml:1: kafka: unknown key"));
  CAF_CHECK(contains(in_file("\ndrain-timeout = 5\n"), "w.toml:2: drain-timeout: '5' has no unit"));
  CAF_CHECK(contains(in_file("store = true\n"), "w.toml:1: store: must be a string"));
  CAF_CHECK(contains(in_file("store = \n"), "w.toml:1: "));
  CAF_CHECK(contains(wrong({"--config", directory / "none.toml"}), "none.toml"));
}

CAF_TEST(a_mistake_elsewhere_is_told_with_its_name) {
  CAF_CHECK(contains(wrong({"--store", "kafka:users"}), "this version has no Kafka store"));
  CAF_CHECK(contains(wrong({"--store", "mysql:x"}), "--store: 'mysql:x' is no store"));
  CAF_CHECK(contains(wrong({"--store", "sqlite:"}), "has no path"));
  CAF_CHECK(contains(wrong({"--store", "memory:x"}), "memory:"));
  CAF_CHECK(contains(wrong({"--workers", "0"}), "--workers: must be 1 to 1024"));
  CAF_CHECK(contains(wrong({"--restore-memory", "1KiB"}), "--restore-memory: must be"));
  for (const char* listen : {"4000", "host:", ":4000", "host:65536", "::1:4000", "host:4000x"})
    CAF_CHECK(contains(wrong({"--listen", listen}), "--listen: "));
  CAF_CHECK(contains(wrong({"--stoer", "x"}), "--stoer"));
  CAF_CHECK(contains(wrong({"--store", "memory:", "--store", "memory:"}), "--store"));
  CAF_CHECK(contains(wrong({"extra"}), "extra"));
  environment = {{"CERK_LISTEN", "nowhere"}};
  CAF_CHECK(contains(wrong({}), "CERK_LISTEN: 'nowhere' has no port"));
}

CAF_TEST(addresses_are_taken_apart) {
  CAF_CHECK_EQUAL(well({"--listen", "[::1]:0"}).host, "::1");
  CAF_CHECK_EQUAL(well({"--listen", "localhost:80"}).port, 80);
}

CAF_TEST(a_usage_error_exits_2_and_help_exits_0) {
  const auto exit_code = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), CERK_WRITER);
    process program{arguments,
                    {.stdout_file = directory / "out", .stderr_file = directory / "err"}};
    const auto ended = program.wait();
    return ended ? ended->code : -1;
  };
  CAF_CHECK_EQUAL(exit_code({"--store", "kafka:users"}), 2);
  CAF_CHECK(content_of(directory / "out").empty());
  CAF_CHECK(contains(content_of(directory / "err"), "cerk-writer: --store: 'kafka:users'"));
  CAF_CHECK_EQUAL(exit_code({"--nonsense"}), 2);
  CAF_CHECK_EQUAL(exit_code({"--help"}), 0);
  CAF_CHECK(contains(content_of(directory / "out"), "--command-timeout"));
}

CAF_TEST_FIXTURE_SCOPE_END()
