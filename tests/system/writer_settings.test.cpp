// Flags before the environment before the file before defaults; and what is wrong, with its place.
#define CAF_SUITE writer_settings

#include "process.hpp"
#include "settings.hpp"

#include <algorithm>
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

  std::string topic(std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--store", "kafka:users", "-b", "localhost:9092"});
    return wrong(flags);
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
  CAF_CHECK(contains(in_file("[other]\na = 1\n"), "w.toml:1: other: unknown key"));
  CAF_CHECK(contains(in_file("[kafka]\nacks = 1\n"), "w.toml:2: [kafka] acks: cannot be set: "));
  CAF_CHECK(contains(in_file("[kafka]\n\nx = [1]\n"), "w.toml:3: [kafka] x: must be"));
  CAF_CHECK(contains(in_file("kafka = 1\n"), "w.toml:1: kafka: unknown key"));
  CAF_CHECK(contains(in_file("\ndrain-timeout = 5\n"), "w.toml:2: drain-timeout: '5' has no unit"));
  CAF_CHECK(contains(in_file("store = 1.5\n"), "w.toml:1: store: must be a string"));
  CAF_CHECK(contains(in_file("create-topic = 'yes'\n"), "w.toml:1: create-topic: must be true or"));
  CAF_CHECK(contains(in_file("store = \n"), "w.toml:1: "));
  CAF_CHECK(contains(wrong({"--config", directory / "none.toml"}), "none.toml"));
}

CAF_TEST(a_mistake_elsewhere_is_told_with_its_name) {
  CAF_CHECK(contains(wrong({"--store", "kafka:users"}), "a topic needs its brokers"));
  CAF_CHECK(contains(wrong({"--store", "kafka:"}), "has no topic"));
  CAF_CHECK(contains(wrong({"-b", "localhost:9092"}), "are for --store kafka:TOPIC"));
  CAF_CHECK(contains(topic({"--create-topic"}), "needs --partitions and --replication"));
  CAF_CHECK(contains(topic({"--partitioner", "md5"}), "--partitioner: must be crc32 or murmur2"));
  CAF_CHECK(contains(topic({"--on-fenced", "run"}), "--on-fenced: must be stay or reclaim"));
  CAF_CHECK(contains(topic({"--delivery-timeout", "99ms"}), "--delivery-timeout: must be 100ms"));
  CAF_CHECK(contains(topic({"--allow-unsafe-topic", "deleted,all"}), "there are compaction,"));
  CAF_CHECK(contains(topic({"-X", "acks=0"}), "-X: acks: cannot be set: "));
  CAF_CHECK(contains(topic({"-X", "hunter2"}), "-X: expected key=value"));
  CAF_CHECK(!contains(topic({"-X", "hunter2"}), "hunter2"));
  CAF_CHECK(contains(wrong({"sasl.password=hunter2"}), "not expected: (a word)"));
  CAF_CHECK(!contains(wrong({"sasl.password=hunter2"}), "hunter2"));
  CAF_CHECK(!contains(topic({"-X", "sasl.password", "hunter2"}), "hunter2"));
  CAF_CHECK(contains(wrong({"--storr=x"}), "not expected: --storr"));
  CAF_CHECK(contains(wrong({"--store", "mysql:x"}), "--store: 'mysql:x' is no store"));
  CAF_CHECK(contains(wrong({"--store", "sqlite:"}), "has no path"));
  CAF_CHECK(contains(wrong({"--store", "memory:x"}), "memory:"));
  CAF_CHECK(contains(wrong({"--workers", "0"}), "--workers: must be 1 to 1024"));
  CAF_CHECK(contains(wrong({"--restore-memory", "1KiB"}), "--restore-memory: must be"));
  for (const char* listen : {"4000", "host:", ":4000", "host:65536", "::1:4000", "host:4000x"})
    CAF_CHECK(contains(wrong({"--listen", listen}), "--listen: "));
  CAF_CHECK(contains(wrong({"--stoer", "x"}), "--stoer"));
  CAF_CHECK(contains(wrong({"--store", "memory:", "--store", "memory:"}), "--store"));
  CAF_CHECK(contains(wrong({"extra"}), "not expected"));
  environment = {{"CERK_LISTEN", "nowhere"}};
  CAF_CHECK(contains(wrong({}), "CERK_LISTEN: 'nowhere' has no port"));
}

CAF_TEST(a_topic_comes_with_its_brokers_and_librdkafka_s_properties) {
  const auto path = file("store = 'kafka:users'\nbrokers = 'a:1,b:2'\ncreate-topic = true\n"
                         "partitions = 8\nreplication = 3\npartitioner = 'murmur2'\n"
                         "on-fenced = 'reclaim'\nallow-unsafe-topic = 'retention,deleted'\n"
                         "delivery-timeout = '5s'\n"
                         "[kafka]\n'compression.type' = 'lz4'\nsasl.username = 'ada'\n"
                         "'socket.timeout.ms' = 5000\n");
  const auto s = well({"--config", path, "-b", "c:3", "-X", "compression.type=zstd"});
  CAF_CHECK_EQUAL(std::get<writer::kafka_store>(s.store).topic, "users");
  CAF_CHECK_EQUAL(s.kafka.brokers, "c:3");
  CAF_CHECK(s.kafka.create_topic);
  CAF_CHECK_EQUAL(s.kafka.partitions.value(), 8);
  CAF_CHECK_EQUAL(s.kafka.replication.value(), 3);
  CAF_CHECK(s.kafka.partitioner == cerk::partitioner::murmur2);
  CAF_CHECK(s.on_fenced == cerk::on_fenced::reclaim);
  CAF_CHECK(s.kafka.delivery_timeout == 5s);
  using enum cerk::topic_risk;
  CAF_CHECK(s.kafka.allowed_risks == (std::vector{retention, deleted}));
  auto properties = s.kafka.properties;
  CAF_CHECK(properties.back() == (cerk::kafka_property{"compression.type", "zstd"}));
  properties.pop_back();
  std::sort(properties.begin(), properties.end());
  const decltype(properties) of_file{{"compression.type", "lz4"},
                                     {"sasl.username", "ada"},
                                     {"socket.timeout.ms", "5000"}};
  CAF_CHECK(properties == of_file);
}

CAF_TEST(a_secret_comes_from_a_file_of_its_own) {
  const auto secret = directory / "secret";
  std::ofstream{secret} << "hunter2\n";
  const auto path = file("[kafka]\n'sasl.password' = '@file:" + secret + "'\n");
  const auto of = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), {"--store", "kafka:users", "-b", "a:1"});
    return well(flags).kafka.properties;
  };
  const std::vector<cerk::kafka_property> expected{{"sasl.password", "hunter2"}};
  CAF_CHECK(of({"--config", path}) == expected);
  CAF_CHECK(of({"-X", "sasl.password=@file:" + secret}) == expected);
  CAF_CHECK(contains(topic({"-X", "sasl.password=@file:/nowhere"}), "/nowhere cannot be read"));
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
  CAF_CHECK(contains(content_of(directory / "err"), "cerk-writer: --store: a topic needs"));
  CAF_CHECK_EQUAL(exit_code({"--nonsense"}), 2);
  CAF_CHECK_EQUAL(exit_code({"--help"}), 0);
  CAF_CHECK(contains(content_of(directory / "out"), "--command-timeout"));
}

CAF_TEST_FIXTURE_SCOPE_END()
