// cerk fetch: which events, and what of each.
#define CAF_SUITE cli_fetch

#include <cerk/cerk.hpp>

#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture : cli_fixture {
  fixture() {
    cerk({"import", "--store", store, go_users});
  }

  std::vector<json> fetch(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"fetch", "--store", store});
    const auto got = cerk(arguments);
    CAF_CHECK_EQUAL(got.code, 0);
    std::vector<json> events;
    for (const auto& line : lines_of(got.out))
      events.push_back(json::parse(line, nullptr, false));
    return events;
  }

  json first_event() const {
    const auto events = fetch({"-n", "1"});
    CAF_REQUIRE_EQUAL(events.size(), 1u);
    return events.front();
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_fetch, fixture)

CAF_TEST(every_event_is_printed_with_its_stored_text) {
  const auto events = fetch({});
  const auto source = lines_of(content_of(go_users));
  CAF_REQUIRE_EQUAL(events.size(), source.size());
  std::size_t equal = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto line = json::parse(source[i]);
    equal += events[i]["key"] == line["key"] && events[i]["value"] == line["value"]
             && events[i]["timestamp"] == line["timestamp"] && events[i]["offset"] == i;
  }
  CAF_CHECK_EQUAL(equal, events.size());
}

CAF_TEST(a_legacy_event_has_no_term_and_no_command_id) {
  const auto first = first_event();
  CAF_CHECK_EQUAL(first.size(), 11u);
  CAF_CHECK_EQUAL(first["partition"], 0);
  CAF_CHECK_EQUAL(first["type"], "UserCreatedEvent");
  CAF_CHECK_EQUAL(first["version"], 1);
  CAF_CHECK_EQUAL(first["effective"], true);
  for (const char* name : {"reason", "term", "command_id"})
    CAF_CHECK(first.at(name).is_null());
}

CAF_TEST(offsets_count_and_key_narrow_the_choice) {
  auto offsets = [&](std::vector<std::string> arguments) {
    std::vector<std::int64_t> all;
    for (const auto& event : fetch(std::move(arguments)))
      all.push_back(event["offset"]);
    return all;
  };
  using list = std::vector<std::int64_t>;
  CAF_CHECK_EQUAL(offsets({"--from", "3", "--to", "6"}), (list{3, 4, 5}));
  CAF_CHECK_EQUAL(offsets({"--from", "1198"}), (list{1198, 1199}));
  CAF_CHECK_EQUAL(offsets({"-n", "2"}), (list{0, 1}));
  CAF_CHECK_EQUAL(offsets({"-n", "0"}), list{});
  CAF_CHECK_EQUAL(offsets({"--from", "5", "-n", "1", "-p", "0"}), (list{5}));
  CAF_CHECK_EQUAL(offsets({"--to", "0"}), list{});
  CAF_CHECK_EQUAL(cerk({"fetch", "--store", store, "-p", "1"}).code, 2);

  const std::string id = first_event().at("key");
  const auto of_one = fetch({"--key", id});
  CAF_CHECK_EQUAL(of_one.size(), 19u); // its version in go-users.state.jsonl
  for (std::size_t i = 0; i < of_one.size(); ++i) {
    CAF_CHECK_EQUAL(of_one[i]["key"], id);
    CAF_CHECK_EQUAL(of_one[i]["version"], i + 1);
  }
  CAF_CHECK(fetch({"--key", "nobody"}).empty());
}

CAF_TEST(an_event_of_cerk_has_its_term_as_text_and_its_command_id) {
  const auto filled = "sqlite:" + directory / "f.db";
  CAF_CHECK_EQUAL(cerk({"fill", "--store", filled, "-n", "2", "--aggregates", "1"}).code, 0);
  store = filled;
  const auto events = fetch({});
  CAF_REQUIRE_EQUAL(events.size(), 2u);
  CAF_CHECK_EQUAL(events[1]["type"], "UserModifiedEvent");
  CAF_CHECK_EQUAL(events[1]["version"], 2);
  CAF_CHECK_EQUAL(events[1]["command_id"].get<std::string>().size(), 36u);

  const auto all = fetch({"--all"});
  CAF_REQUIRE_EQUAL(all.size(), 3u);
  CAF_CHECK_EQUAL(all[0]["type"], "cerk.claim");
  CAF_CHECK(all[0]["key"].is_null());
  const auto claim = json::parse(all[0]["value"].get<std::string>());
  CAF_CHECK_EQUAL(all[0]["term"], claim["id"]);
  CAF_CHECK_EQUAL(all[1]["term"], all[0]["term"]);
}

CAF_TEST(a_void_event_says_why) {
  const auto voided = "sqlite:" + directory / "v.db";
  {
    cerk::sqlite_provider provider{{.path = directory / "v.db"}};
    cerk::send_events(provider,
                      {{"ada", "UserCreatedEvent", R"({"first_name":"A","last_name":"B"})"}})
      .value();
  }
  {
    // What somebody who does not know of claims would do.
    cerk::sqlite_provider provider{{.path = directory / "v.db"}};
    provider.append_verbatim(cerk::partition_id{0}, {{.key = "ada", .value = "{}"}}).value();
  }
  store = voided;
  const auto events = fetch({});
  CAF_REQUIRE_EQUAL(events.size(), 2u);
  CAF_CHECK_EQUAL(events[1]["effective"], false);
  CAF_CHECK_EQUAL(events[1]["reason"], "headerless_after_claim");
  CAF_CHECK_EQUAL(events[1]["version"], 0);
  CAF_CHECK_EQUAL(cerk({"replay", "--store", store}).member("void"), 1);
}

CAF_TEST(json_is_one_array_and_text_one_line_an_event) {
  CAF_CHECK_EQUAL(cerk({"fetch", "--store", store, "-o", "json"}).json().size(), 1'200u);
  CAF_CHECK(cerk({"fetch", "--store", store, "-o", "json", "-n", "0"}).json().empty());
  const auto text = lines_of(cerk({"fetch", "--store", store, "-o", "text"}).out);
  CAF_CHECK_EQUAL(text.size(), 1'200u);
  CAF_CHECK(text[1].starts_with("0:1\t"));
}

CAF_TEST_FIXTURE_SCOPE_END()
