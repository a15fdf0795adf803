// The log without a repository: what the fold says of each record, and writing to it.
#define CAF_SUITE log

#include <cerk/log.hpp>

#include "log_scene.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;
using strings = std::vector<std::string>;

namespace {

struct fixture : log_scene {
  // One line for each record: offset, version if in effect, else the reason.
  strings scan(std::size_t stop_after = SIZE_MAX) {
    strings lines;
    const auto scanned = scan_log(store, {0}, [&](const log_entry& e) {
      CAF_CHECK(e.raw != nullptr && e.raw->offset == e.event.offset);
      lines.push_back(std::to_string(e.event.offset.value) + ' '
                      + (!e.effective ? e.reason
                         : e.is_claim ? "claim " + std::to_string(e.term.value)
                                      : e.event.key + std::to_string(e.event.version.value)));
      return lines.size() < stop_after;
    });
    CAF_CHECK(scanned);
    return lines;
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(log_tests, fixture)

// -- scanning -------------------------------------------------------------------------------------

CAF_TEST(every_record_comes_in_order_with_its_verdict) {
  legacy();
  claimed(1, 0);
  put({.number = 1, .version = 2});
  put({.number = 1, .version = 2});
  put({.number = 3, .version = 4});
  put({.term = 5, .number = 2, .version = 3});
  legacy();
  claimed(2, 7);
  put({.number = 2, .version = 1, .key = "b"});
  const strings expected{"0 a1",
                         "1 claim 1",
                         "2 a2",
                         "3 copy",
                         "4 gap",
                         "5 unknown_term",
                         "6 headerless_after_claim",
                         "7 lost_claim",
                         "8 b1"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(a_whole_group_is_in_effect_and_others_between_keep_their_place) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 2});
  put({.term = 9});
  put({.number = 2, .version = 2, .k = 2, .n = 2});
  const strings expected{"0 claim 1", "1 a1", "2 unknown_term", "3 a2"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(a_group_torn_by_a_claim_is_void) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 3});
  put({.number = 2, .version = 2, .k = 2, .n = 3});
  claimed(2, 1);
  put({.term = 2, .number = 1, .version = 1});
  const strings expected{"0 claim 1", "1 torn_group", "2 torn_group", "3 claim 2", "4 a1"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(a_group_that_the_log_ends_in_is_incomplete) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 2});
  put({.term = 4});
  const strings expected{"0 claim 1", "1 incomplete", "2 unknown_term"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(what_cannot_be_read_says_so_and_the_count_goes_on) {
  put({.key = "a", .value = std::nullopt});
  put({.key = "a", .value = "no json"});
  put({.key = "a", .value = "[]"});
  put({.key = "a", .value = "{}"});
  put({.value = "no claim"});
  put({.key = "", .value = "{}"});
  legacy();
  claimed(1, 0);
  auto damaged = record_of({.number = 1, .version = 6});
  damaged.value->back() = ' ';
  put(damaged);
  put({.key = "a", .value = "{}", .header = "short"});
  put({.number = 2, .version = 9});
  put({.number = 3, .version = 1, .key = "b"});
  const strings expected{"0 unreadable: no value",
                         "1 unreadable: the value is not JSON",
                         "2 unreadable: the value is not a JSON object",
                         "3 unreadable: no type",
                         "4 unreadable: no key, and not a claim",
                         "5 unreadable: no key, and not a claim",
                         "6 a5",
                         "7 claim 1",
                         "8 unreadable: the value is not JSON",
                         "9 unreadable: the header is not one that this version of cerk reads",
                         "10 unreadable: it makes version 9, but the aggregate is at 6",
                         "11 b1"};
  const auto lines = scan();
  CAF_REQUIRE_EQUAL(lines.size(), expected.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (i != 8)
      CAF_CHECK_EQUAL(lines[i], expected[i]);
  CAF_CHECK(lines[8].starts_with("8 unreadable: "));
}

CAF_TEST(a_broken_seal_is_told) {
  claimed(1, 0);
  auto damaged = record_of({.number = 1, .version = 1});
  damaged.value->replace(damaged.value->find("\"x\""), 3, "\"y\"");
  put(damaged);
  const strings expected{"0 claim 1", "1 unreadable: the seal is broken"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(no_ops_and_outcomes_use_a_number_and_make_no_version) {
  claimed(1, 0);
  put({.number = 1, .version = 1});
  put({.number = 2, .version = 1, .kind = record_kind::noop});
  put({.number = 3, .version = 1, .kind = record_kind::outcome});
  put({.number = 4, .version = 2});
  const strings expected{"0 claim 1", "1 a1", "2 a1", "3 a1", "4 a2"};
  CAF_CHECK_EQUAL(scan(), expected);
}

CAF_TEST(a_scan_stops_when_it_is_told_to) {
  for (int i = 0; i < 5; ++i)
    legacy();
  CAF_CHECK_EQUAL(scan(2).size(), 2u);
}

CAF_TEST(an_entry_shows_what_its_header_says) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 2});
  put({.number = 2, .version = 2, .k = 2, .n = 2});
  std::vector<log_entry> seen;
  CAF_CHECK(scan_log(store, {0}, [&](const log_entry& e) {
    seen.push_back(e);
    return true;
  }));
  CAF_REQUIRE_EQUAL(seen.size(), 3u);
  CAF_CHECK(seen[2].term == term{1});
  CAF_CHECK_EQUAL(seen[2].number, 2u);
  CAF_CHECK_EQUAL(seen[2].digest, 9u);
  CAF_CHECK_EQUAL(seen[2].event.type, "Noted");
  CAF_CHECK_EQUAL(seen[2].event.k, 2u);
  CAF_CHECK_EQUAL(seen[2].event.n, 2u);
  CAF_CHECK_EQUAL(seen[2].event.id(), event_id(command_id::from_key("2"), 2));
  CAF_CHECK_EQUAL(seen[0].event.id(), "0:0");
}

CAF_TEST(a_failing_read_ends_a_scan) {
  legacy();
  store.fail_reads(1);
  const auto scanned = scan_log(store, {0}, [](const log_entry&) { return true; });
  CAF_CHECK(!scanned && scanned.error().code == errc::unavailable);
  CAF_CHECK(!scan_log(store, {7}, [](const log_entry&) { return true; }));
}

// -- writing --------------------------------------------------------------------------------------

CAF_TEST(bad_events_are_refused_before_anything_is_appended) {
  auto writer = log_writer::open(store, "test");
  CAF_REQUIRE(writer);
  const std::pair<new_event, const char*> cases[]{
    {{"a", "T", "[]"}, "event 1 (a): its fields are not a JSON object"},
    {{"a", "T", "{"}, "event 1 (a): its fields are not a JSON object"},
    {{"a", "T", R"({"version":1})"}, "event 1 (a): field 'version' is the envelope's"},
    {{"", "T", "{}"}, "event 1 (): an aggregate id has 1 to 128 bytes"},
  };
  for (const auto& [bad, text] : cases) {
    const auto sent = (*writer)->send({{"good", "T"}, bad});
    CAF_REQUIRE(!sent);
    CAF_CHECK(sent.error().code == errc::bad_input);
    CAF_CHECK_EQUAL(sent.error().what, text);
  }
  CAF_CHECK_EQUAL(scan().size(), 1u); // the claim
}

CAF_TEST(events_are_appended_as_the_next_versions) {
  legacy();
  auto writer = log_writer::open(store, "test");
  CAF_REQUIRE(writer);
  CAF_CHECK((*writer)->send({{"a", "T", R"({"x":1})"}, {"b", "T"}, {"a", "T"}}));
  CAF_CHECK((*writer)->send({{"a", "T"}}));
  const auto lines = scan();
  CAF_REQUIRE_EQUAL(lines.size(), 6u);
  CAF_CHECK_EQUAL(lines[2], "2 a2");
  CAF_CHECK_EQUAL(lines[3], "3 b1");
  CAF_CHECK_EQUAL(lines[4], "4 a3");
  CAF_CHECK_EQUAL(lines[5], "5 a4");
}

CAF_TEST(a_writer_that_lost_its_log_says_fenced) {
  auto first = log_writer::open(store, "first");
  auto second = log_writer::open(store, "second");
  CAF_REQUIRE(first && second);
  const auto sent = (*first)->send({{"a", "T"}});
  CAF_REQUIRE(!sent);
  CAF_CHECK(sent.error().code == errc::fenced);
  CAF_CHECK(sent.error().what.find("(0 of 1 events are stored)") != std::string::npos);
  CAF_CHECK((*second)->send({{"a", "T"}}));
}

CAF_TEST(after_a_failed_send_a_writer_goes_on_where_the_log_is) {
  memory_provider small{{.partitions = 1, .event_bytes_max = 200}};
  auto writer = log_writer::open(small, "test");
  CAF_REQUIRE(writer);
  const auto sent = (*writer)->send(
    {{"a", "T"}, {"b", "T", R"({"x":")" + std::string(300, 'x') + R"("})"}, {"a", "T"}});
  CAF_REQUIRE(!sent);
  CAF_CHECK(sent.error().code == errc::event_too_large);
  const auto again = (*writer)->send({{"a", "T"}, {"b", "T"}});
  CAF_CHECK(again);
  if (!again)
    CAF_MESSAGE(to_string(again.error()));
  std::size_t events = 0;
  CAF_CHECK(fetch_all_events(small, 100, [&](const auto& batch) {
    events += batch.size();
    return true;
  }));
  CAF_CHECK_EQUAL(events, 4u);
}

CAF_TEST_FIXTURE_SCOPE_END()
