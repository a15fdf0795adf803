// cerk import: all of a file or nothing of it.
#define CAF_SUITE cli_import

#include <cerk/cerk.hpp>

#include "cli_process.hpp"

#include <sys/stat.h>

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

CAF_TEST_FIXTURE_SCOPE(cli_import, cli_fixture)

CAF_TEST(the_state_is_what_the_go_library_had) {
  const auto imported = cerk({"import", "--store", store, go_users});
  CAF_CHECK_EQUAL(imported.code, 0);
  CAF_CHECK_EQUAL(imported.member("records"), 1'200);

  const auto states = directory / "s.jsonl";
  const auto replayed = cerk({"replay", "--store", store, "--state-out", states, "-o", "json"});
  CAF_CHECK_EQUAL(replayed.code, 0);
  CAF_CHECK_EQUAL(replayed.member("events"), 1'200);
  CAF_CHECK_EQUAL(replayed.member("aggregates"), 312);
  CAF_CHECK_EQUAL(replayed.member("void"), 0);
  CAF_CHECK_EQUAL(replayed.member("quarantined"), 0);

  std::map<std::string, json> users;
  for (const auto& line : lines_of(content_of(states))) {
    const auto user = json::parse(line);
    users[user["id"]] = user;
  }
  const auto expected = lines_of(content_of(std::string{CERK_TEST_DATA} + "/go-users.state.jsonl"));
  CAF_REQUIRE_EQUAL(expected.size(), 312u);
  CAF_CHECK_EQUAL(users.size(), 312u);
  std::size_t equal = 0;
  for (const auto& line : expected) {
    const auto wanted = json::parse(line);
    auto user = users[wanted["id"]]; // null if there is none, and so are its members
    const json got{{"id", user["id"]},
                   {"version", user["version"]},
                   {"first_name", user["state"]["first_name"]},
                   {"last_name", user["state"]["last_name"]}};
    if (got == wanted)
      ++equal;
    else
      CAF_ERROR("expected " << wanted.dump() << ", got " << got.dump());
  }
  CAF_CHECK_EQUAL(equal, 312u);
}

CAF_TEST(a_file_with_one_bad_line_changes_nothing_and_names_the_line) {
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, write("good", user_line("ada"))}).code, 0);
  const auto before = log(store);
  CAF_CHECK_EQUAL(lines_of(before).size(), 1u);
  const std::pair<std::string, std::string> samples[] = {
    {"{\"key\":\"k\"\n", "not JSON"},
    {"\n", "not JSON"},
    {"[]\n", "not a JSON object"},
    {"{\"key\":\"\xc3\x28\",\"value\":\"v\"}\n", "UTF-8"},
    {R"({"key":"k"})"
     "\n",
     "\"value\" is missing"},
    {R"({"value":"v"})"
     "\n",
     "\"key\" is missing"},
    {R"({"key":"k","value":"v","colour":"red"})"
     "\n",
     "\"colour\" is unknown"},
    {R"({"key":"k","key":"k","value":"v"})"
     "\n",
     "\"key\" is there twice"},
    {R"({"key":"k","value_base64":"*"})"
     "\n",
     "not base64"},
    {R"({"key":"k","value":"v","offset":-1})"
     "\n",
     "\"offset\" is not an integer"},
    {R"({"key":"k","value":")" + std::string((16 << 20) + 1, 'v') + "\"}\n",
     "longer than 16777216 bytes"},
  };
  for (const auto& [line, words] : samples) {
    const auto file = write("bad", user_line("grace") + line + user_line("alan"));
    const auto got = cerk({"import", "--store", store, file});
    CAF_CHECK_EQUAL(got.code, 1);
    CAF_CHECK_EQUAL(got.out, "");
    if (!got.says("line 2: ") || !got.says(words))
      CAF_ERROR("expected line 2 and '" << words << "', got " << got.err);
    CAF_CHECK_EQUAL(log(store), before);
    const auto fresh = cerk({"import", "--store", "sqlite:" + directory / "new.db", file});
    CAF_CHECK_EQUAL(fresh.code, 1);
    CAF_CHECK(!std::filesystem::exists(directory / "new.db"));
  }
}

CAF_TEST(lines_out_of_order_change_nothing) {
  const auto file = write("bad", R"({"partition":0,"offset":1,"key":"a","value":"{}"})"
                                 "\n"
                                 R"({"partition":0,"offset":1,"key":"a","value":"{}"})"
                                 "\n");
  const auto got = cerk({"import", "--store", store, file});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("line 2: offset 1 comes after offset 1"));
  CAF_CHECK(!std::filesystem::exists(directory / "u.db"));
}

CAF_TEST(events_that_the_fold_would_void_are_a_conflict) {
  CAF_CHECK_EQUAL(cerk({"fill", "--store", store, "-n", "3"}).code, 0);
  const auto before = log(store);
  const auto got = cerk({"import", "--store", store, go_users});
  CAF_CHECK_EQUAL(got.code, 4);
  CAF_CHECK(got.says("line 1: an event without header would be void"));
  CAF_CHECK_EQUAL(log(store), before);
}

CAF_TEST(legacy_events_can_come_in_pieces) {
  const auto lines = lines_of(content_of(go_users));
  std::string first, second;
  for (std::size_t i = 0; i < lines.size(); ++i)
    (i < 500 ? first : second) += lines[i] + '\n';
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, write("1", first)}).code, 0);
  CAF_CHECK_EQUAL(cerk({"import", "--store", store, write("2", second)}).code, 0);
  const auto whole = "sqlite:" + directory / "whole.db";
  CAF_CHECK_EQUAL(cerk({"import", "--store", whole, go_users}).code, 0);
  CAF_CHECK_EQUAL(log(store), log(whole));
}

CAF_TEST(a_line_keeps_its_time_or_gets_the_present_one) {
  auto timed = json::parse(user_line("ada"));
  timed["timestamp"] = 1'795'413'108'799;
  CAF_CHECK_EQUAL(
    cerk({"import", "--store", store, write("f", timed.dump() + '\n' + user_line("grace"))}).code,
    0);
  const auto lines = lines_of(log(store));
  CAF_REQUIRE_EQUAL(lines.size(), 2u);
  const auto kept = json::parse(lines[0]);
  CAF_CHECK_EQUAL(kept["timestamp"], 1'795'413'108'799);
  CAF_CHECK(json::parse(lines[1])["timestamp"] > 1'600'000'000'000);
}

CAF_TEST(more_than_the_memory_allowed_is_refused) {
  std::string many;
  for (int i = 0; i < 4'000; ++i)
    many += user_line("user-" + std::to_string(i));
  const auto got = cerk({"import", "--store", store, "--memory", "1", write("many", many)});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("1 MiB that --memory allows"));
  CAF_CHECK(!std::filesystem::exists(directory / "u.db"));
}

CAF_TEST(an_interrupted_import_changes_nothing) {
  const auto pipe = directory / "pipe";
  CAF_REQUIRE_EQUAL(mkfifo(pipe.c_str(), 0600), 0);
  process import{{CERK_TOOL, "import", "--store", store, pipe}, {.stderr_file = directory / "err"}};
  std::ofstream writer{pipe}; // opens when the other side reads
  writer << user_line("ada") << std::flush;
  import.signal(SIGINT);
  const auto ended = import.wait();
  CAF_REQUIRE(ended);
  CAF_CHECK_EQUAL(ended->code, 130);
  CAF_CHECK(content_of(directory / "err").find("interrupted") != std::string::npos);
  CAF_CHECK(!std::filesystem::exists(directory / "u.db"));
}

CAF_TEST_FIXTURE_SCOPE_END()
