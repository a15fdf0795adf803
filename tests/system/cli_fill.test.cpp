// cerk fill: as many events as asked for, the same ones every time.
#define CAF_SUITE cli_fill

#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture : cli_fixture {
  cli_result fill(const std::string& into, std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"fill", "--store", into});
    return cerk(arguments);
  }

  json replay(const std::string& from) const {
    const auto got = cerk({"replay", "--store", from});
    CAF_CHECK_EQUAL(got.code, 0);
    return got.json();
  }

  std::string hash(const std::string& of) const {
    const auto found = replay(of).value("state_hash", std::string{});
    CAF_CHECK(!found.empty());
    return found;
  }

  std::string other = "sqlite:" + directory / "other.db";
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_fill, fixture)

CAF_TEST(what_was_filled_is_replayed) {
  const auto filled = fill(store, {"-n", "5000", "--aggregates", "70"});
  CAF_CHECK_EQUAL(filled.code, 0);
  CAF_CHECK_EQUAL(filled.member("events"), 5'000);
  CAF_CHECK_EQUAL(filled.member("aggregates"), 70);
  CAF_CHECK(filled.member("seconds") > 0);
  CAF_CHECK(filled.member("events_per_second") > 0);
  const auto replayed = replay(store);
  CAF_CHECK_EQUAL(replayed["events"], 5'000);
  CAF_CHECK_EQUAL(replayed["aggregates"], 70);
  CAF_CHECK_EQUAL(replayed["void"], 0);
  CAF_CHECK_EQUAL(replayed["state_hash"].get<std::string>().size(), 16u);
}

CAF_TEST(by_default_there_are_a_thousand_aggregates_at_most) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "30"}).member("aggregates"), 30);
  CAF_CHECK_EQUAL(fill(other, {"-n", "1200"}).member("aggregates"), 1'000);
}

CAF_TEST(the_seed_decides_what_is_filled) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "100", "--seed", "7"}).code, 0);
  CAF_CHECK_EQUAL(fill(other, {"-n", "100", "--seed", "7"}).code, 0);
  CAF_CHECK_EQUAL(hash(store), hash(other));
  const auto third = "sqlite:" + directory / "third.db";
  CAF_CHECK_EQUAL(fill(third, {"-n", "100", "--seed", "8"}).code, 0);
  CAF_CHECK(hash(store) != hash(third));
}

CAF_TEST(values_have_about_the_size_asked_for) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "200", "--aggregates", "20", "--size", "400"}).code, 0);
  for (const auto& line : lines_of(cerk({"fetch", "--store", store}).out)) {
    const auto size = json::parse(line)["value"].get<std::string>().size();
    CAF_CHECK(size >= 395 && size <= 405);
  }
}

CAF_TEST(legacy_events_are_those_of_the_go_tool) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "300", "--aggregates", "100", "--legacy"}).code, 0);
  CAF_CHECK_EQUAL(fill(other, {"-n", "300", "--aggregates", "100"}).code, 0);
  const auto lines = lines_of(log(store));
  CAF_REQUIRE_EQUAL(lines.size(), 300u);
  const auto first = json::parse(lines[0]);
  CAF_CHECK(!first.contains("headers"));
  const auto value = nlohmann::ordered_json::parse(first["value"].get<std::string>());
  std::vector<std::string> names;
  for (const auto& [name, field] : value.items())
    names.push_back(name);
  CAF_CHECK_EQUAL(names, (std::vector<std::string>{"Event", "id", "type", "payload", "create_time",
                                                   "version", "first_name", "last_name"}));
  CAF_CHECK(value["Event"].is_null());
  CAF_CHECK_EQUAL(value["id"], first["key"]);
  CAF_CHECK_EQUAL(value["payload"], "");
  CAF_CHECK_EQUAL(value["version"], 1);
  CAF_CHECK_EQUAL(value["create_time"].get<std::string>().size(), 20u);
  // The same users, however they were stored.
  CAF_CHECK_EQUAL(hash(store), hash(other));
}

CAF_TEST(legacy_events_do_not_go_where_they_would_be_void) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "3"}).code, 0);
  const auto before = log(store);
  const auto got = fill(store, {"-n", "3", "--legacy"});
  CAF_CHECK_EQUAL(got.code, 4);
  CAF_CHECK(got.says("was claimed"));
  CAF_CHECK_EQUAL(log(store), before);
}

CAF_TEST(a_second_fill_goes_on_with_the_first) {
  CAF_CHECK_EQUAL(fill(store, {"-n", "10", "--aggregates", "5", "--legacy"}).code, 0);
  CAF_CHECK_EQUAL(fill(store, {"-n", "10", "--aggregates", "5"}).code, 0);
  CAF_CHECK_EQUAL(fill(store, {"-n", "10", "--aggregates", "5"}).code, 0);
  const auto replayed = replay(store);
  CAF_CHECK_EQUAL(replayed["events"], 30);
  CAF_CHECK_EQUAL(replayed["aggregates"], 5);
}

CAF_TEST_FIXTURE_SCOPE_END()
