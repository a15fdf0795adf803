// Following a log: each effective event once, from any position, and damage never passed over.
#define CAF_SUITE reader

#include <cerk/reader.hpp>

#include "log_provider.hpp"
#include "log_scene.hpp"
#include "support/memory_log.hpp"
#include "support/property.hpp"

#include <set>
#include <thread>

using namespace cerk;
using namespace std::chrono_literals;
using strings = std::vector<std::string>;

namespace {

// "offset key version"
std::string line_of(const stored_event& e) {
  return std::to_string(e.offset.value) + ' ' + e.key + std::to_string(e.version.value);
}

void add_lines(strings& to, const event_batch& batch) {
  for (const auto& e : batch.events)
    to.push_back(line_of(e));
}

struct fixture : log_scene {
  std::unique_ptr<reader> open(reader_options options = {}) {
    auto opened = reader::open(store, std::move(options));
    if (!opened)
      CAF_FAIL(to_string(opened.error()));
    return *std::move(opened);
  }

  static strings lines(reader& from) {
    strings all;
    add_lines(all, from.next(0ms).value());
    return all;
  }

  strings lines_from(const reader_position& position) {
    return lines(*open({.position = position}));
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(reader_tests, fixture)

// -- following ------------------------------------------------------------------------------------

CAF_TEST(only_what_takes_effect_is_handed_out_and_the_rest_is_counted) {
  legacy();
  claimed(1, 0);
  put({.number = 1, .version = 2});
  put({.number = 1, .version = 2});
  put({.number = 3, .version = 4});
  legacy();
  claimed(2, 7);
  claimed(3, 1);
  put({.term = 1, .number = 2, .version = 3});
  put({.term = 3, .number = 1, .version = 1, .kind = record_kind::noop});
  put(record{.value = "nobody's"});
  put({.term = 3, .number = 2, .version = 3});
  const auto following = open();
  const strings expected{"0 a1", "2 a2", "11 a3"};
  CAF_CHECK_EQUAL(lines(*following), expected);
  const std::map<std::string, std::uint64_t, std::less<>> voids{
    {"copy", 1},       {"gap", 1},    {"headerless_after_claim", 1},
    {"lost_claim", 1}, {"no_key", 1}, {"stale_term", 1}};
  CAF_CHECK(following->voids() == voids);
}

CAF_TEST(an_open_reader_goes_on_with_what_is_appended_later) {
  claimed(1, 0);
  const auto following = open();
  CAF_CHECK(following->next(0ms).value().events.empty());
  put({.number = 1, .version = 1});
  CAF_CHECK_EQUAL(lines(*following), strings{"1 a1"});
  CAF_CHECK(lines(*following).empty());
}

CAF_TEST(next_waits_for_an_event_and_no_longer_than_told) {
  claimed(1, 0);
  const auto following = open();
  const auto began = std::chrono::steady_clock::now();
  CAF_CHECK(following->next(30ms).value().events.empty());
  CAF_CHECK(std::chrono::steady_clock::now() - began >= 30ms);
  std::thread writer{[&] { put({.number = 1, .version = 1}); }};
  CAF_CHECK_EQUAL(following->next(1h).value().events.size(), 1u);
  writer.join();
}

CAF_TEST(a_group_comes_whole_or_not_yet) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 3});
  put({.number = 2, .version = 2, .k = 2, .n = 3});
  const auto following = open({.events_max = 1});
  const auto before = following->next(0ms).value();
  CAF_CHECK(before.events.empty());
  CAF_CHECK(before.position.partitions.at(0).next == offset{1}); // the group's first record
  put(record_of({.term = 1, .number = 1, .version = 1}));        // a copy, inside the group
  put({.number = 3, .version = 3, .k = 3, .n = 3});
  put({.number = 4, .version = 4});
  const strings whole{"1 a1", "2 a2", "4 a3"};
  CAF_CHECK_EQUAL(lines_from(before.position), (strings{"1 a1", "2 a2", "4 a3", "5 a4"}));
  CAF_CHECK_EQUAL(lines(*following), whole);
  CAF_CHECK_EQUAL(lines(*following), strings{"5 a4"});
}

CAF_TEST(a_batch_ends_at_its_bound) {
  claimed(1, 0);
  for (std::uint64_t i = 1; i <= 5; ++i)
    put({.number = i, .version = i});
  CAF_CHECK_EQUAL(open({.events_max = 2})->next(0ms).value().events.size(), 2u);
  CAF_CHECK_EQUAL(open({.bytes_max = 1})->next(1h).value().events.size(), 1u);
  CAF_CHECK_EQUAL(open({.events_max = 0})->next(0ms).value().events.size(), 1u);
}

CAF_TEST(it_knows_when_it_has_caught_up) {
  claimed(1, 0);
  put({.number = 1, .version = 1});
  put({.number = 2, .version = 2});
  const auto following = open({.events_max = 1});
  put({.number = 3, .version = 3}); // later than opening
  CAF_CHECK(!following->has_caught_up());
  following->next(0ms).value();
  CAF_CHECK(!following->has_caught_up());
  while (!following->next(0ms).value().events.empty())
    continue;
  CAF_CHECK(following->has_caught_up());
}

CAF_TEST(records_that_pile_up_inside_a_group_are_passed_over_at_once) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 2}); // its owner died here
  const auto following = open();
  for (std::uint64_t i = 1; i <= 3; ++i) {
    legacy();
    CAF_CHECK(following->next(0ms).value().events.empty());
    CAF_CHECK_EQUAL(following->voids().at("headerless_after_claim"), i);
  }
}

// -- going on -------------------------------------------------------------------------------------

CAF_TEST(a_position_is_text_and_back) {
  const reader_position position{{{{0}, {0}, 1}, {{12}, {UINT64_MAX}, 5}}};
  const auto text = to_string(position);
  CAF_CHECK_EQUAL(text, R"({"format":1,"partitions":[{"next":0,"term":"0","number":1},)"
                        R"({"next":12,"term":"18446744073709551615","number":5}]})");
  CAF_CHECK(reader_position::parse(text).value() == position);
  CAF_CHECK(reader_position::parse(to_string(reader_position{})).value() == reader_position{});
}

CAF_TEST(a_position_that_cannot_be_read_says_what_is_wrong_and_where) {
  const std::string good = R"({"next":1,"term":"7","number":1})";
  const std::pair<std::string, const char*> cases[]{
    {"", "it is not a JSON object"},
    {"[]", "it is not a JSON object"},
    {R"({"format":2,"partitions":[]})", "its format is not 1"},
    {R"({"partitions":[]})", "its format is not 1"},
    {R"({"format":1})", "no array 'partitions'"},
    {R"({"format":1,"partitions":{}})", "no array 'partitions'"},
    {R"({"format":1,"partitions":[)" + good + ",7]}", "partition 1: it is not an object"},
    {R"({"format":1,"partitions":[{"next":-1,"term":"7","number":1}]})",
     "partition 0: 'next' is not an offset"},
    {R"({"format":1,"partitions":[{"next":9223372036854775808,"term":"7","number":1}]})",
     "partition 0: 'next' is not an offset"},
    {R"({"format":1,"partitions":[{"next":1,"term":7,"number":1}]})", "'term' is not"},
    {R"({"format":1,"partitions":[{"next":1,"term":"7x","number":1}]})", "'term' is not"},
    {R"({"format":1,"partitions":[{"next":1,"term":"18446744073709551616","number":1}]})",
     "'term' is not"},
    {R"({"format":1,"partitions":[{"next":1,"term":"7","number":0}]})", "'number' is not"},
    {R"({"format":1,"partitions":[{"next":1,"term":"7","number":-1}]})", "'number' is not"},
    {R"({"format":1,"partitions":[{"next":1,"term":"7"}]})", "'number' is not"},
    {R"({"format":1,"partitions":[{"next":0,"term":"7","number":1}]})", "contradict each other"},
    {R"({"format":1,"partitions":[{"next":1,"term":"0","number":2}]})", "contradict each other"},
  };
  for (const auto& [text, what] : cases) {
    const auto read = reader_position::parse(text);
    CAF_REQUIRE(!read);
    CAF_CHECK(read.error().code == errc::bad_input);
    CAF_CHECK(read.error().what.find(what) != std::string::npos);
  }
}

CAF_TEST(a_position_of_another_log_is_refused) {
  const auto two = reader::open(store, {.position = {{{}, {}}}});
  CAF_REQUIRE(!two);
  CAF_CHECK(two.error().code == errc::bad_input);
  legacy();
  const auto behind = reader::open(store, {.position = {{{{2}, {7}, 1}}}});
  CAF_REQUIRE(!behind);
  CAF_CHECK(behind.error().code == errc::store_unusable);
  CAF_CHECK(behind.error().what.find("partition 0, offset 2") != std::string::npos);
}

CAF_TEST(a_position_of_a_log_that_was_made_anew_is_refused_when_something_comes) {
  claimed(5, 0);
  put({.term = 5, .number = 1, .version = 1, .key = "a"});
  put({.term = 5, .number = 2, .version = 2, .key = "a"});
  // Of a former topic of this name, with another owner.
  const reader_position former{{{{2}, {7}, 2}}};
  const auto why = [&] {
    auto following = reader::open(store, {.position = former}).value();
    const auto got = following->next(0ms);
    return got ? "nothing" : got.error().what;
  };
  CAF_CHECK(why().find("which is of another log") != std::string::npos);
  const reader_position at_a_claim{{{{3}, {7}, 2}}};
  claimed(6, 5);
  auto following = reader::open(store, {.position = at_a_claim}).value();
  CAF_CHECK(following->next(0ms).error().code == errc::store_unusable);
  CAF_CHECK(following->next(0ms).error().code == errc::store_unusable); // for good
}

CAF_TEST(among_legacy_events_versions_are_counted_from_the_start) {
  legacy("a");
  legacy("b");
  legacy("a");
  const auto first = open({.events_max = 2})->next(0ms).value();
  CAF_CHECK_EQUAL(first.events.size(), 2u);
  legacy("b");
  claimed(1, 0);
  put({.number = 1, .version = 3, .key = "b"});
  CAF_CHECK_EQUAL(lines_from(first.position), (strings{"2 a2", "3 b2", "5 b3"}));
}

CAF_TEST(a_late_record_of_a_term_before_the_position_is_stale_and_no_damage) {
  claimed(1, 0);
  put({.number = 1, .version = 1});
  claimed(2, 1);
  put({.term = 2, .number = 1, .version = 2});
  const auto saved = open()->next(0ms).value().position;
  put({.term = 1, .number = 2, .version = 2}); // fenced long ago, and not aware of it
  put({.term = 2, .number = 2, .version = 3});
  claimed(3, 2);
  put({.term = 2, .number = 3, .version = 4}); // of the term in force at the position
  const auto following = open({.position = saved});
  CAF_CHECK_EQUAL(lines(*following), strings{"5 a3"});
  CAF_CHECK_EQUAL(following->voids().at("stale_term"), 2u);
  put({.term = 9, .number = 1, .version = 4});
  const auto stopped = following->next(0ms);
  CAF_CHECK(!stopped && stopped.error().code == errc::corrupt);
}

CAF_TEST(a_position_stays_before_a_record_that_gaps_may_depend_on) {
  claimed(1, 0);
  put(record{.key = "a", .value = "{}", .header = "short"});
  put({.number = 2, .version = 2});
  strings told;
  const reader_options lenient{.on_unreadable = [&](const log_entry& entry, const error&) {
    told.push_back(std::to_string(entry.event.offset.value) + ' ' + entry.damage);
    return true;
  }};
  const auto batch = open(lenient)->next(0ms).value();
  CAF_CHECK(batch.events.empty());
  CAF_CHECK(batch.position.partitions.at(0).next == offset{1});
  CAF_REQUIRE_EQUAL(told.size(), 2u);
  CAF_CHECK_EQUAL(told[1], "2 it counts on a record before it whose header cannot be read");
}

// -- what cannot be read --------------------------------------------------------------------------

CAF_TEST(what_cannot_be_read_stops_it_for_good_and_says_where_and_why) {
  const auto stops_with = [](std::vector<record> damaged, const std::string& cause) {
    memory_provider log{{.partitions = 1}};
    log.append_verbatim({0}, {claim_of(1, 0), record_of({.number = 1, .version = 1})}).value();
    log.append_verbatim({0}, damaged).value();
    log.append_verbatim({0}, {record_of({.number = 3, .version = 3})}).value();
    const auto following = reader::open(log).value();
    const auto good = following->next(0ms).value();
    CAF_CHECK_EQUAL(good.events.size(), 1u);
    CAF_CHECK(good.position.partitions.at(0).next == offset{2});
    for (int i = 0; i < 2; ++i) {
      const auto stopped = following->next(0ms);
      CAF_REQUIRE(!stopped);
      CAF_CHECK(stopped.error().code == errc::corrupt);
      CAF_CHECK_EQUAL(stopped.error().what, "memory, partition 0, offset 2: " + cause);
    }
    CAF_CHECK(following->position() == good.position);
  };
  auto broken = record_of({.number = 2, .version = 2});
  broken.value->replace(broken.value->find("\"x\""), 3, "\"y\"");
  auto no_json = record_of({.number = 2, .version = 2});
  no_json.value = "{";
  const auto packed = pack({.term = {1}, .number = 2, .version = {2}}, "a", "{}");
  auto late = record_of({.term = 1, .number = 1, .version = 1});
  late.value->back() = ' ';
  stops_with({broken}, "unreadable: the seal is broken");
  stops_with({no_json}, "unreadable: the seal is broken");
  stops_with({{.key = "a", .value = "{}", .header = {packed.data(), packed.size()}}},
             "unreadable: no type");
  stops_with({record_of({.number = 2, .version = 3})},
             "unreadable: it makes version 3, but the aggregate is at 1");
  stops_with({{.key = "a", .value = "{}", .header = "short"}},
             "unreadable: the header is not one that this version of cerk reads");
  stops_with({record_of({.term = 9})}, "no claim before it made its term");
  stops_with({late}, "void, and the seal is broken");
}

CAF_TEST(damage_inside_a_group_keeps_back_the_whole_group) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .k = 1, .n = 2});
  auto broken = record_of({.number = 2, .version = 2, .k = 2, .n = 2});
  broken.value->replace(broken.value->find("\"x\""), 3, "\"y\"");
  put(broken);
  const auto following = open();
  CAF_CHECK(!following->next(0ms));
  CAF_CHECK(following->position().partitions.at(0).next < offset{2});
}

CAF_TEST(damage_in_a_group_that_a_claim_tore_stops_it_too) {
  claimed(1, 0);
  auto broken = record_of({.number = 1, .version = 1, .k = 1, .n = 2});
  broken.value->back() = ' ';
  put(broken);
  claimed(2, 1);
  CAF_CHECK(!open()->next(0ms));
}

CAF_TEST(who_asks_for_it_is_shown_the_damage_and_goes_on) {
  legacy();
  put(record{.key = "a", .value = "no json"});
  legacy();
  strings told;
  auto following = open({.on_unreadable = [&](const log_entry& entry, const error& why) {
    told.push_back(entry.event.key + ' ' + why.what);
    return true;
  }});
  CAF_CHECK_EQUAL(lines(*following), (strings{"0 a1", "2 a3"}));
  CAF_CHECK_EQUAL(told, strings{"a memory, partition 0, offset 1: "
                                "unreadable: the value is not JSON"});
  following = open({.on_unreadable = [](const log_entry&, const error&) { return false; }});
  CAF_CHECK_EQUAL(lines(*following), strings{"0 a1"});
  CAF_CHECK(!following->next(0ms));
}

CAF_TEST(versions_are_believed_once_too_many_aggregates_were_met) {
  claimed(1, 0);
  put({.number = 1, .version = 1, .key = "a"});
  put({.number = 2, .version = 1, .key = "b"});
  put({.number = 3, .version = 7, .key = "a"});
  put({.number = 4, .version = 9, .key = "a"});
  const auto following = open({.aggregates_remembered_max = 1});
  CAF_CHECK_EQUAL(lines(*following), (strings{"1 a1", "2 b1", "3 a7"}));
  CAF_CHECK(!following->next(0ms));
}

// -- several partitions, and logs that fail -------------------------------------------------------

CAF_TEST(partitions_take_turns) {
  memory_provider log{{.partitions = 3}};
  for (std::int32_t p = 0; p < 3; ++p)
    for (int i = 0; i < 3; ++i)
      log.append_verbatim({p}, {legacy_of("a" + std::to_string(p))}).value();
  const auto following = reader::open(log, {.events_max = 2}).value();
  std::set<std::int32_t> begun_with;
  std::size_t events = 0;
  for (int i = 0; i < 3; ++i) {
    const auto batch = following->next(0ms).value();
    CAF_REQUIRE(!batch.events.empty());
    begun_with.insert(batch.events.front().partition.value);
    events += batch.events.size();
  }
  CAF_CHECK_EQUAL(begun_with.size(), 3u);
  while (!following->has_caught_up())
    events += following->next(0ms).value().events.size();
  CAF_CHECK_EQUAL(events, 9u);
  log.append_verbatim({2}, {legacy_of("a2")}).value();
  const auto last = following->next(1h).value();
  CAF_CHECK_EQUAL(last.events.at(0).version.value, 4u);
}

CAF_TEST(a_read_that_fails_for_now_loses_nothing) {
  claimed(1, 0);
  put({.number = 1, .version = 1});
  const auto following = open();
  store.fail_reads(1);
  const auto failed = following->next(0ms);
  CAF_CHECK(!failed && failed.error().code == errc::unavailable);
  CAF_CHECK_EQUAL(lines(*following), strings{"1 a1"});
}

CAF_TEST(looking_up_the_past_may_fail_and_is_tried_again) {
  claimed(1, 0);
  claimed(2, 1);
  put({.term = 2, .number = 1, .version = 1});
  const auto saved = open()->next(0ms).value().position;
  put({.term = 1, .number = 1, .version = 1});
  put({.term = 2, .number = 2, .version = 2});
  const auto following = open({.position = saved});
  following->next(0ms).value(); // has the records, and looks up the past
  const auto again = open({.position = saved});
  store.fail_reads(1);
  CAF_CHECK(!again->next(0ms));
  CAF_CHECK_EQUAL(lines(*again), strings{"4 a2"});
}

CAF_TEST(two_owners_on_a_log_without_conditions_are_followed_as_one_history) {
  auto* log = new memory_log;
  log_provider owners{std::unique_ptr<record_log>{log}, {}, environment::of_this_machine()};
  log->add({0}, claim_of(5, 0));
  log->add({0}, record_of({.term = 5, .number = 1, .version = 1}));
  const auto following = reader::open(owners).value();
  const auto saved = following->next(0ms).value();
  CAF_CHECK_EQUAL(saved.events.size(), 1u);
  log->add({0}, claim_of(6, 5));
  log->add({0}, record_of({.term = 5, .number = 2, .version = 2})); // does not know it yet
  log->add({0}, record_of({.term = 6, .number = 1, .version = 2}));
  strings all;
  add_lines(all, following->next(1h).value());
  CAF_CHECK_EQUAL(all, strings{"4 a2"});
  all.clear();
  add_lines(all, reader::open(owners, {.position = saved.position}).value()->next(1h).value());
  CAF_CHECK_EQUAL(all, strings{"4 a2"});
}

CAF_TEST_FIXTURE_SCOPE_END()

// -- any history ----------------------------------------------------------------------------------

namespace {

// Owners one after the other and a few at once, that write what they should; records are lost, come
// twice and late. Versions are right: an owner knows what takes effect.
struct history {
  std::vector<record> log;
  partition_fold fold;
  std::map<std::string, std::uint64_t> versions;
  std::vector<record> sent; // to come again

  void land(record r, bool is_event) {
    const auto header = unpack(r.header);
    if (!r.key)
      fold.on_claim(*parse_claim(*r.value));
    else if (header)
      fold.on_record(*header);
    else if (fold.on_headerless().on_this == effect::in_effect)
      ++versions[*r.key];
    if (is_event)
      sent.push_back(r);
    log.push_back(std::move(r));
  }
};

std::vector<record> any_history() {
  history h;
  std::uint64_t terms = 0;
  const auto key = [] { return std::string(1, *rc::gen::element('a', 'b', 'c')); };
  for (int steps = *rc::gen::inRange(0, 30); steps > 0; --steps) {
    const auto what = *rc::gen::inRange(0, 10);
    if (what == 0 || (what < 3 && terms == 0)) {
      // Replaces the term in force, or one that is past.
      const auto replaces = *rc::gen::element<std::uint64_t>(h.fold.current().value,
                                                             h.fold.current().value, terms / 2);
      h.land(claim_of(++terms, replaces), false);
    } else if (what == 1) {
      h.land(legacy_of(key()), true);
    } else if (what == 2 && !h.sent.empty()) {
      h.land(*rc::gen::elementOf(h.sent), false); // a copy, perhaps of a term that is past
    } else if (h.fold.current() != term{}) {
      // A command of the owner; perhaps it dies inside.
      const auto n = *rc::gen::inRange<std::uint16_t>(1, 4);
      const auto lands = *rc::gen::inRange(0, 4) == 0 ? *rc::gen::inRange<std::uint16_t>(0, n) : n;
      const auto id = key();
      const auto owner = h.fold.current().value;
      for (std::uint16_t k = 1; k <= lands; ++k) {
        h.land(record_of({.term = owner,
                          .number = h.fold.next_number(),
                          .version = h.versions[id] + k,
                          .k = k,
                          .n = n,
                          .key = id}),
               true);
        if (k < lands && *rc::gen::inRange(0, 4) == 0)
          h.land(legacy_of(key()), false); // between, and void
      }
      if (lands == n)
        h.versions[id] += n;
      else
        h.land(claim_of(++terms, owner), false);
    }
  }
  return h.log;
}

strings effective_of(provider& store) {
  strings all;
  scan_log(store, {0}, [&](const log_entry& entry) {
    RC_ASSERT(entry.damage.empty());
    if (entry.is_event())
      all.push_back(line_of(entry.event));
    return true;
  }).value();
  return all;
}

} // namespace

CAF_TEST(whatever_the_history_and_wherever_it_goes_on_every_event_comes_once) {
  CERK_PROPERTY("restarts change nothing", [] {
    const auto log = any_history();
    memory_provider store{{.partitions = 1}};
    const auto events_max = *rc::gen::inRange<std::size_t>(1, 4);
    reader_position saved;
    strings handed_out;
    std::unique_ptr<reader> following;
    for (std::size_t written = 0;;) {
      // A few more records, then perhaps a restart, then a batch.
      const auto until = std::min(log.size(), written + *rc::gen::inRange<std::size_t>(1, 5));
      for (; written < until; ++written)
        store.append_verbatim({0}, {log[written]}).value();
      if (!following || *rc::gen::arbitrary<bool>())
        following
          = reader::open(store, {.position = reader_position::parse(to_string(saved)).value(),
                                 .events_max = events_max})
              .value();
      const auto batch = following->next(0ms).value();
      add_lines(handed_out, batch);
      saved = batch.position;
      if (!batch.events.empty())
        RC_ASSERT(batch.events.back().k == batch.events.back().n);
      if (written == log.size() && batch.events.empty())
        break;
    }
    RC_ASSERT(handed_out == effective_of(store));
  });
}

CAF_TEST(every_position_on_the_way_leads_to_the_same_rest) {
  CERK_PROPERTY("all positions are equal", [] {
    memory_provider store{{.partitions = 1}};
    store.append_verbatim({0}, any_history()).value();
    const auto all = effective_of(store);
    const auto following = reader::open(store, {.events_max = 1}).value();
    std::size_t before = 0;
    for (;;) {
      const auto batch = following->next(0ms).value();
      before += batch.events.size();
      strings rest;
      add_lines(rest, reader::open(store, {.position = batch.position}).value()->next(0ms).value());
      RC_ASSERT(rest == strings(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()));
      if (batch.events.empty())
        break;
    }
    RC_ASSERT(before == all.size());
  });
}
