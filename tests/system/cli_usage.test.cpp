// Exit codes, and what goes where.
#define CAF_SUITE cli_usage

#include <cerk/cerk.hpp>

#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;

CAF_TEST_FIXTURE_SCOPE(cli_usage, cli_fixture)

CAF_TEST(what_cannot_be_understood_is_a_usage_error) {
  const std::vector<std::string> samples[] = {
    {},
    {"nonsense", "--store", store},
    {"verify", "--nonsense", "--store", store},
    {"verify", "--store", store, "--partitioner", "murmur2"},
    {"verify", "--store", "kafka:t"},
    {"verify", "--store", "kafka:t", "-b", "127.0.0.1:1", "--allow-unsafe-topic", "all"},
    {"verify", "--store", "kafka:t", "-b", "127.0.0.1:1", "--partitioner", "md5"},
    {"fetch"},
    {"fetch", "--store", "users.db"},
    {"fetch", "--store", "sqlite:"},
    {"fetch", "--store", store, "--nonsense"},
    {"fetch", "--store", store, "-o", "yaml"},
    {"fetch", "--store", store, "-n", "-1"},
    {"fetch", "--store", store, "--from", "-1"},
    {"fetch", "--store", store, "--from", "x"},
    {"import", "--store", store},
    {"export", "--store", store, "-o", "text"},
    {"fill", "--store", store},
    {"fill", "--store", store, "-n", "0"},
    {"fill", "--store", store, "-n", "1", "--aggregates", "0"},
    {"fill", "--store", store, "-n", "1", "--size", "9999999"},
  };
  for (const auto& arguments : samples) {
    const auto got = cerk(arguments);
    CAF_CHECK_EQUAL(got.code, 2);
    CAF_CHECK_EQUAL(got.out, "");
    CAF_CHECK(!got.err.empty());
  }
  CAF_CHECK(!std::filesystem::exists(directory / "u.db"));
}

CAF_TEST(stores_that_are_not_offered_say_why) {
  const auto memory = cerk({"replay", "--store", "memory:"});
  CAF_CHECK_EQUAL(memory.code, 2);
  CAF_CHECK(memory.says("begins empty and ends with the command"));
}

CAF_TEST(a_topic_needs_brokers_and_properties_that_may_be_set) {
  const auto refused = [&](std::vector<std::string> more, const std::string& why) {
    std::vector<std::string> all{"fetch", "--store", "kafka:users"};
    all.insert(all.end(), more.begin(), more.end());
    const auto got = cerk(all);
    CAF_CHECK_EQUAL(got.code, 2);
    CAF_CHECK(got.says(why));
    CAF_CHECK(!got.says("hunter2"));
  };
  refused({}, "a topic needs its brokers");
  refused({"-b", "127.0.0.1:1", "-X", "hunter2"}, "expected key=value");
  refused({"-b", "127.0.0.1:1", "-X", "acks=1"}, "acks: cannot be set");
  refused({"-b", "127.0.0.1:1", "-X", "sasl.password=@hunter2"},
          "neither @file:PATH nor @env:NAME");
  refused({"-b", "127.0.0.1:1", "sasl.password=hunter2"}, "not expected: (a word)");
  refused({"-b", "127.0.0.1:1", "--create-topic"}, "belong together");
  refused({"-b", "127.0.0.1:1", "--partitions", "3"}, "belong together");
  CAF_CHECK_EQUAL(cerk({"fetch", "--store", store, "-b", "127.0.0.1:1"}).code, 2);
}

CAF_TEST(help_is_data) {
  const auto got = cerk({"--help"});
  CAF_CHECK_EQUAL(got.code, 0);
  CAF_CHECK(got.out.find("replay") != std::string::npos);
  CAF_CHECK_EQUAL(got.err, "");
  CAF_CHECK_EQUAL(cerk({"import", "--help"}).code, 0);
}

CAF_TEST(reading_makes_no_store) {
  const std::vector<std::string> samples[] = {{"fetch"}, {"export"}, {"replay"}};
  for (auto arguments : samples) {
    arguments.insert(arguments.end(), {"--store", store});
    const auto got = cerk(arguments);
    CAF_CHECK_EQUAL(got.code, 1);
    CAF_CHECK(got.says("does not exist"));
    CAF_CHECK(!std::filesystem::exists(directory / "u.db"));
  }
}

CAF_TEST(a_store_in_use_is_a_conflict) {
  const auto file = write("one.jsonl", user_line("ada"));
  const cerk::sqlite_provider owner{{.path = directory / "u.db"}};
  const std::vector<std::string> samples[]
    = {{"fetch"}, {"export"}, {"replay"}, {"verify"}, {"import", file}, {"fill", "-n", "1"}};
  for (auto arguments : samples) {
    arguments.insert(arguments.end(), {"--store", store});
    const auto got = cerk(arguments);
    CAF_CHECK_EQUAL(got.code, 4);
    CAF_CHECK(got.says("in use by another process"));
  }
}

CAF_TEST(a_file_that_is_no_store_is_a_failure) {
  write("u.db", std::string(4096, 'x'));
  const auto got = cerk({"fetch", "--store", store});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("u.db"));
}

CAF_TEST(output_that_cannot_be_written_is_a_failure) {
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, go_users}).code, 0);
  const auto full = cerk({"export", "--store", store, "/dev/full"});
  CAF_CHECK_EQUAL(full.code, 1);
  CAF_CHECK(full.says("cannot be written"));
  CAF_CHECK(std::filesystem::exists("/dev/full"));
  CAF_CHECK_EQUAL(cerk({"export", "--store", store, "/nonexistent/file"}).code, 1);
}

CAF_TEST(flags_may_stand_before_the_command) {
  CAF_CHECK_EQUAL(cerk({"--store", store, "-o", "json", "fill", "-n", "3"}).member("events"), 3);
}

CAF_TEST_FIXTURE_SCOPE_END()
