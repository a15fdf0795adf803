/// What every provider owes, as test bodies over any of them; store_contract_tests.hpp runs them.
#pragma once

#include "cerk/log.hpp"
#include "cerk/provider.hpp"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <caf/test/unit_test.hpp>

namespace contract {

using cerk::commit_result;
using status = cerk::commit_result::status;

/// Makes stores that are empty at first. `make` called again opens the same log again, after the
/// former provider is gone, if the store is durable.
struct factory {
  std::function<std::unique_ptr<cerk::provider>()> make;
  bool is_durable = false;
  std::size_t event_bytes_max = 512 << 10;
};

/// What a callback brings. Shared with it: who waits may be gone before the callback returns.
/// Every provider answers by itself, so there is no time limit but the test's.
template <class T>
class answer {
public:
  void set(T value) const {
    promise_->set_value(std::move(value));
  }

  T get() const {
    return promise_->get_future().get();
  }

private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
};

inline constexpr cerk::partition_id first_partition{0};

/// Whether `store` leaves versions and command ids to its owners, so that there is nothing to test.
inline bool leaves_versions_to_owners(const cerk::provider& store) {
  if (store.info().checks_versions)
    return false;
  CAF_MESSAGE(store.info().name << " checks no versions: its owners do");
  return true;
}

inline cerk::partition_id home_of(cerk::provider& store, const std::string& id) {
  return cerk::partition_of(id, store.info());
}

inline cerk::offset claim(cerk::provider& store, cerk::partition_id p, std::uint64_t id,
                          std::uint64_t replaces) {
  const answer<cerk::result<cerk::offset>> at;
  store.append_claim(p, {.id = {id}, .replaces = {replaces}, .owner = "contract"},
                     [at](cerk::result<cerk::offset> done) { at.set(std::move(done)); });
  return at.get().value();
}

/// Claims every partition with the same id.
inline void claim_all(cerk::provider& store, std::uint64_t id, std::uint64_t replaces) {
  for (std::int32_t p = 0; p < store.info().partition_count; ++p)
    claim(store, {p}, id, replaces);
}

inline cerk::commit_ptr make_commit(const std::string& id, std::uint64_t expected,
                                    std::size_t events = 1, const std::string& key = {},
                                    std::size_t padding = 0) {
  auto made = std::make_shared<cerk::commit>();
  made->aggregate_id = id;
  made->expected_version = {expected};
  made->command_id = cerk::command_id::from_key(key.empty() ? id + std::to_string(expected) : key);
  made->digest = 7;
  made->time_ms = 1'700'000'000'000;
  for (std::size_t i = 0; i < events; ++i)
    made->events.push_back(R"({"id":")" + id + R"(","type":"Noted","version":)"
                           + std::to_string(expected + i + 1) + R"(,"text":")"
                           + std::string(padding, 'x') + R"("})");
  made->headers = {{"correlation_id", "c-" + id}};
  return made;
}

inline std::vector<commit_result> append(cerk::provider& store, cerk::partition_id p,
                                         std::uint64_t term,
                                         std::vector<cerk::commit_ptr> commits) {
  const answer<std::vector<commit_result>> results;
  store.append(p, {term}, std::move(commits),
               [results](std::vector<commit_result> done) { results.set(std::move(done)); });
  return results.get();
}

inline commit_result append_one(cerk::provider& store, std::uint64_t term, cerk::commit_ptr c) {
  const auto p = home_of(store, c->aggregate_id);
  return append(store, p, term, {std::move(c)}).at(0);
}

inline std::vector<cerk::record> read_all(cerk::provider& store, cerk::partition_id p,
                                          std::size_t bytes_max = 1 << 20) {
  auto reader = store.read(p, {0}).value();
  std::vector<cerk::record> all;
  while (reader->position() < reader->end()) {
    auto batch = reader->next(bytes_max).value();
    for (const auto& view : batch->records())
      all.push_back(to_record(view));
  }
  return all;
}

inline std::vector<cerk::log_entry> scan(cerk::provider& store, cerk::partition_id p) {
  std::vector<cerk::log_entry> entries;
  scan_log(store, p, [&](const cerk::log_entry& entry) {
    entries.push_back(entry);
    return true;
  }).value();
  return entries;
}

inline std::vector<cerk::stored_event> events_of(cerk::provider& store, const std::string& id,
                                                 std::uint64_t after = 0,
                                                 std::size_t at_most = 1000) {
  const answer<cerk::result<std::vector<cerk::stored_event>>> events;
  store.read_aggregate(home_of(store, id), id, {after}, at_most,
                       [events](cerk::result<std::vector<cerk::stored_event>> done) {
                         events.set(std::move(done));
                       });
  return events.get().value();
}

// -- what every store owes ------------------------------------------------------------------------

inline void a_new_store_is_empty(const factory& f) {
  auto store = f.make();
  CAF_CHECK(store->info().partition_count >= 1);
  for (std::int32_t p = 0; p < store->info().partition_count; ++p)
    CAF_CHECK(read_all(*store, {p}).empty());
  CAF_CHECK(events_of(*store, "nobody").empty());
}

inline void what_is_appended_is_read_back_in_order(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  std::vector<cerk::commit_ptr> commits;
  for (std::uint64_t v = 0; v < 5; ++v)
    commits.push_back(make_commit("ada", v));
  const auto home = home_of(*store, "ada");
  const auto results = append(*store, home, 11, commits);
  CAF_REQUIRE_EQUAL(results.size(), 5u);
  const auto records = read_all(*store, home, 1); // one record a time
  CAF_REQUIRE_EQUAL(records.size(), 6u);          // the claim, too
  for (std::size_t i = 0; i < 5; ++i) {
    CAF_CHECK(results[i].ended == status::committed);
    CAF_CHECK_EQUAL(results[i].last.value, records[i + 1].offset.value);
    CAF_CHECK_EQUAL(*records[i + 1].key, "ada");
    CAF_CHECK_EQUAL(*records[i + 1].value, commits[i]->events[0]);
    const auto header = cerk::unpack(records[i + 1].header);
    CAF_REQUIRE(header.has_value());
    CAF_CHECK_EQUAL(header->number, i + 1);
    CAF_CHECK_EQUAL(header->version.value, i + 1);
    CAF_CHECK(header->command_id == commits[i]->command_id);
    CAF_CHECK(cerk::is_sealed(records[i + 1].header, "ada", commits[i]->events[0]));
    CAF_CHECK(records[i + 1].headers == commits[i]->headers);
  }
}

inline void a_claim_counts_only_if_it_replaces_the_one_in_force(const factory& f) {
  auto store = f.make();
  claim(*store, first_partition, 11, 0);
  claim(*store, first_partition, 12, 0);  // too late: 11 holds
  claim(*store, first_partition, 13, 11); // in force
  const auto entries = scan(*store, first_partition);
  CAF_REQUIRE_EQUAL(entries.size(), 3u);
  CAF_CHECK(entries[0].effective);
  CAF_CHECK(!entries[1].effective);
  CAF_CHECK_EQUAL(entries[1].reason, "lost_claim");
  CAF_CHECK(entries[2].effective);
}

inline void a_second_claim_fences_the_first_owner(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::committed);
  claim_all(*store, 12, 11);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 1, 1, "late")).ended == status::fenced);
  CAF_CHECK(append_one(*store, 12, make_commit("ada", 1)).ended == status::committed);
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 2u);
}

inline void nobody_appends_without_a_claim(const factory& f) {
  auto store = f.make();
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::fenced);
  CAF_CHECK(read_all(*store, home_of(*store, "ada")).empty());
}

inline void a_wrong_expected_version_is_a_conflict_with_the_actual_one(const factory& f) {
  auto store = f.make();
  if (leaves_versions_to_owners(*store))
    return;
  claim_all(*store, 11, 0);
  append_one(*store, 11, make_commit("ada", 0, 2));
  for (const std::uint64_t wrong : {0u, 1u, 3u}) {
    const auto result
      = append_one(*store, 11, make_commit("ada", wrong, 1, "w" + std::to_string(wrong)));
    CAF_CHECK(result.ended == status::conflict);
    CAF_CHECK_EQUAL(result.actual.value, 2u);
  }
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 2u);
}

inline void what_was_decided_on_a_void_commit_is_void_too(const factory& f) {
  auto store = f.make();
  if (leaves_versions_to_owners(*store))
    return;
  claim_all(*store, 11, 0);
  append_one(*store, 11, make_commit("ada", 0, 1, "first"));
  const auto home = home_of(*store, "ada");
  const auto results
    = append(*store, home, 11,
             {make_commit("ada", 0, 1, "void"), make_commit("ada", 2, 1, "on the void"),
              make_commit("ada", 1, 1, "sound")});
  CAF_CHECK(results[0].ended == status::conflict);
  CAF_CHECK(results[1].ended == status::conflict);
  CAF_CHECK(results[2].ended == status::committed);
}

inline void a_command_id_takes_effect_once(const factory& f) {
  auto store = f.make();
  if (leaves_versions_to_owners(*store))
    return;
  claim_all(*store, 11, 0);
  const auto first = append_one(*store, 11, make_commit("ada", 0, 3, "key"));
  append_one(*store, 11, make_commit("ada", 3));
  const auto again = append_one(*store, 11, make_commit("ada", 4, 1, "key"));
  CAF_CHECK(again.ended == status::duplicate);
  CAF_CHECK_EQUAL(again.last.value, first.last.value);
  CAF_CHECK_EQUAL(again.actual.value, 3u);
  CAF_CHECK_EQUAL(again.event_count, 3u);
  CAF_CHECK_EQUAL(again.digest, 7u);
  CAF_CHECK(append_one(*store, 11, make_commit("bob", 0, 1, "key")).ended == status::committed);
}

inline void a_command_id_is_known_whatever_version_is_expected(const factory& f) {
  auto store = f.make();
  if (leaves_versions_to_owners(*store))
    return;
  claim_all(*store, 11, 0);
  append_one(*store, 11, make_commit("ada", 0, 1, "key"));
  append_one(*store, 11, make_commit("ada", 1));
  for (const std::uint64_t expected : {0u, 1u, 2u, 9u})
    CAF_CHECK(append_one(*store, 11, make_commit("ada", expected, 1, "key")).ended
              == status::duplicate);
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 2u);
}

inline void events_without_a_command_id_are_no_duplicates(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  for (std::uint64_t v = 0; v < 3; ++v) {
    auto nameless = std::make_shared<cerk::commit>(*make_commit("ada", v));
    nameless->command_id = {};
    CAF_CHECK(append_one(*store, 11, nameless).ended == status::committed);
  }
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 3u);
}

inline void appends_that_nobody_waits_for_keep_their_order(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  const auto home = home_of(*store, "ada");
  std::vector<answer<std::vector<commit_result>>> answers(50);
  for (std::uint64_t v = 0; v < answers.size(); ++v)
    store->append(home, {11}, {make_commit("ada", v)},
                  [waits = answers[v]](std::vector<commit_result> done) {
                    waits.set(std::move(done));
                  });
  for (const auto& waits : answers)
    CAF_CHECK(waits.get().at(0).ended == status::committed);
  std::uint64_t version = 0;
  for (const auto& event : events_of(*store, "ada"))
    CAF_CHECK_EQUAL(event.version.value, ++version);
  CAF_CHECK_EQUAL(version, 50u);
}

inline void a_commit_that_no_store_may_write_is_refused(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  const auto refuses = [&](const std::string& id, std::size_t events) {
    const auto c = make_commit(id, 0, events);
    const auto how = append(*store, first_partition, 11, {c}).at(0);
    return how.ended == status::refused && !how.failure.what.empty();
  };
  CAF_CHECK(refuses("", 1));
  CAF_CHECK(refuses(std::string(129, 'x'), 1));
  CAF_CHECK(refuses("ada", 0));
  CAF_CHECK(refuses("ada", 65'536));
  CAF_CHECK_EQUAL(read_all(*store, first_partition).size(), 1u); // the claim
}

inline void a_group_of_events_is_whole_or_absent(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0, 16)).ended == status::committed);
  if (!leaves_versions_to_owners(*store))
    CAF_CHECK(append_one(*store, 11, make_commit("ada", 15, 16, "overlaps")).ended
              == status::conflict);
  const auto events = events_of(*store, "ada");
  CAF_REQUIRE_EQUAL(events.size(), 16u);
  for (std::uint32_t k = 1; k <= 16; ++k) {
    CAF_CHECK_EQUAL(events[k - 1].version.value, k);
    CAF_CHECK_EQUAL(events[k - 1].k, k);
    CAF_CHECK_EQUAL(events[k - 1].n, 16u);
  }
}

inline void an_event_above_the_bound_is_refused_whole(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  const auto too_large
    = append_one(*store, 11, make_commit("ada", 0, 2, "large", f.event_bytes_max));
  CAF_CHECK(too_large.ended == status::refused);
  CAF_CHECK(too_large.failure.code == cerk::errc::event_too_large);
  CAF_CHECK(events_of(*store, "ada").empty());
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::committed);
}

inline void a_reader_ends_where_the_log_ended_when_it_was_opened(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  append_one(*store, 11, make_commit("ada", 0));
  const auto home = home_of(*store, "ada");
  auto reader = store->read(home, {0}).value();
  CAF_CHECK_EQUAL(reader->end().value, 2);
  append_one(*store, 11, make_commit("ada", 1));
  CAF_CHECK_EQUAL(reader->end().value, 2);
  std::size_t seen = 0;
  while (seen < 3) // and goes on past it for those who follow
    seen += reader->next(1 << 20).value()->records().size();
  CAF_CHECK_EQUAL(reader->position().value, 3);
}

inline void a_reader_at_the_log_s_end_waits_as_long_as_it_is_told(const factory& f) {
  using namespace std::chrono_literals;
  auto store = f.make();
  claim_all(*store, 11, 0);
  const auto home = home_of(*store, "ada");
  auto reader = store->read(home, {0}).value();
  while (reader->position() < reader->end())
    reader->next(1 << 20).value();
  CAF_CHECK(reader->next(1 << 20, 0ms).value()->records().empty());
  CAF_CHECK(reader->next(1 << 20, 20ms).value()->records().empty());
  // Longer than this test may take: what is appended must end the wait.
  std::thread owner{[&] { append_one(*store, 11, make_commit("ada", 0)); }};
  while (reader->next(1 << 20, 1h).value()->records().empty())
    continue;
  owner.join();
  CAF_CHECK_EQUAL(reader->position().value, 2);
}

inline void a_reader_begins_where_it_is_told(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  for (std::uint64_t v = 0; v < 5; ++v)
    append_one(*store, 11, make_commit("ada", v));
  auto reader = store->read(home_of(*store, "ada"), {4}).value();
  CAF_CHECK_EQUAL(reader->position().value, 4);
  const auto batch = reader->next(1).value();
  CAF_REQUIRE_EQUAL(batch->records().size(), 1u);
  CAF_CHECK_EQUAL(batch->records()[0].offset.value, 4);
  CAF_CHECK_EQUAL(reader->position().value, 5);
  CAF_CHECK(!store->read({store->info().partition_count}, {0}));
}

inline void an_aggregate_is_read_page_by_page(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  append_one(*store, 11, make_commit("ada", 0, 7));
  append_one(*store, 11, make_commit("bob", 0, 2));
  const auto page = events_of(*store, "ada", 3, 2);
  CAF_REQUIRE_EQUAL(page.size(), 2u);
  CAF_CHECK_EQUAL(page[0].version.value, 4u);
  CAF_CHECK_EQUAL(page[1].version.value, 5u);
  CAF_CHECK_EQUAL(page[0].type, "Noted");
  CAF_CHECK(page[0].headers == make_commit("ada", 0)->headers);
  CAF_CHECK_EQUAL(page[0].id(), to_string(cerk::command_id::from_key("ada0")) + "-4");
  CAF_CHECK_EQUAL(events_of(*store, "ada", 7).size(), 0u);
}

inline void records_are_taken_over_verbatim(const factory& f) {
  auto store = f.make();
  const std::string value = R"({"id":"ada","type":"Noted"})";
  const std::vector<cerk::record> records{
    {.timestamp_ms = 5,
     .key = "ada",
     .value = value,
     .headers = {{"a", "b"}, {"", std::string("\0x", 2)}}},
    {.timestamp_ms = 6, .key = "ada", .value = value},
    {.timestamp_ms = 7, .key = std::nullopt, .value = std::nullopt},
  };
  const auto home = home_of(*store, "ada");
  store->append_verbatim(home, records).value();
  const auto read = read_all(*store, home);
  CAF_REQUIRE_EQUAL(read.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    CAF_CHECK_EQUAL(read[i].timestamp_ms, records[i].timestamp_ms);
    CAF_CHECK(read[i].key == records[i].key);
    CAF_CHECK(read[i].value == records[i].value);
    CAF_CHECK(read[i].headers == records[i].headers);
  }
  // Without headers the version is the place among its aggregate's events, and goes on from there.
  const auto events = events_of(*store, "ada");
  CAF_CHECK_EQUAL(events.back().version.value, 2u);
  claim_all(*store, 11, 0);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 2)).ended == status::committed);
}

inline void a_group_that_a_claim_tore_makes_no_version(const factory& f) {
  auto store = f.make();
  const auto home = home_of(*store, "ada");
  const std::string value = R"({"id":"ada","type":"Noted"})";
  const auto half = cerk::pack({.k = 1,
                                .n = 2,
                                .term = {50},
                                .number = 1,
                                .version = {1},
                                .command_id = cerk::command_id::from_key("torn")},
                               "ada", value);
  store
    ->append_verbatim(home, {{.value = cerk::claim_value({.id = {50}}, 0)},
                             {.key = "ada", .value = value, .header = {half.data(), half.size()}}})
    .value();
  claim(*store, home, 11, 50);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0, 1, "torn")).ended == status::committed);
  const auto entries = scan(*store, home);
  CAF_REQUIRE_EQUAL(entries.size(), 4u);
  CAF_CHECK_EQUAL(entries[1].reason, "torn_group");
  CAF_CHECK(entries[3].effective);
  CAF_CHECK_EQUAL(entries[3].event.version.value, 1u);
}

inline void no_ops_make_no_version(const factory& f) {
  auto store = f.make();
  const auto home = home_of(*store, "ada");
  const auto noop
    = cerk::pack({.kind = cerk::record_kind::noop, .term = {50}, .number = 1}, "ada", "{}");
  store
    ->append_verbatim(home, {{.value = cerk::claim_value({.id = {50}}, 0)},
                             {.key = "ada", .value = "{}", .header = {noop.data(), noop.size()}}})
    .value();
  claim(*store, home, 11, 50);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::committed);
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 1u);
}

inline void fetching_stops_when_it_is_told_to(const factory& f) {
  auto store = f.make();
  cerk::send_events(*store, std::vector<cerk::new_event>(10, {"a", "Noted"})).value();
  std::size_t batches = 0;
  cerk::fetch_all_events(*store, 3, [&](const auto&) { return ++batches < 2; }).value();
  CAF_CHECK_EQUAL(batches, 2u);
}

inline void all_events_are_fetched_in_batches(const factory& f) {
  auto store = f.make();
  std::vector<cerk::new_event> events;
  for (int i = 0; i < 25; ++i)
    events.push_back({"a" + std::to_string(i % 5), "Noted", R"({"n":)" + std::to_string(i) + "}"});
  cerk::send_events(*store, events).value();
  cerk::send_events(*store, {{"a0", "Noted", "{}"}}).value();
  std::size_t count = 0;
  std::map<std::string, std::uint64_t> versions;
  cerk::fetch_all_events(*store, 10, [&](const std::vector<cerk::stored_event>& batch) {
    CAF_CHECK(batch.size() <= 10u);
    for (const auto& event : batch)
      CAF_CHECK_EQUAL(event.version.value, ++versions[event.key]);
    count += batch.size();
    return true;
  }).value();
  CAF_CHECK_EQUAL(count, 26u);
  CAF_CHECK_EQUAL(versions["a0"], 6u);
}

inline void a_closed_store_refuses(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  store->close();
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::stopped);
  const answer<cerk::result<cerk::offset>> claimed;
  store->append_claim(first_partition, {.id = {12}, .replaces = {11}},
                      [claimed](cerk::result<cerk::offset> done) { claimed.set(std::move(done)); });
  CAF_CHECK(!claimed.get());
  CAF_CHECK(!store->append_verbatim(first_partition, {{.key = "ada", .value = "{}"}}));
  store->close(); // a second time is no matter
}

inline void a_record_without_event_makes_no_version_and_needs_the_term(const factory& f) {
  auto store = f.make();
  claim_all(*store, 11, 0);
  const auto of_kind = [](cerk::record_kind kind, std::uint64_t expected) {
    auto made = std::make_shared<cerk::commit>(*make_commit("ada", expected));
    made->kind = kind;
    if (kind == cerk::record_kind::noop)
      made->command_id = {};
    return made;
  };
  using enum cerk::record_kind;
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 0)).ended == status::committed);
  CAF_CHECK(append_one(*store, 11, of_kind(outcome, 1)).ended == status::committed);
  CAF_CHECK(append_one(*store, 11, of_kind(noop, 77)).ended == status::committed);
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 1, 1, "next")).ended == status::committed);
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 2u);
  std::size_t outcomes = 0;
  for (const auto& entry : scan(*store, home_of(*store, "ada")))
    if (entry.kind == outcome) {
      ++outcomes;
      CAF_CHECK(entry.effective);
      CAF_CHECK(entry.event.command_id == of_kind(outcome, 1)->command_id);
    }
  CAF_CHECK_EQUAL(outcomes, 1u);
  auto two_texts = of_kind(outcome, 2);
  two_texts->events.push_back("{}");
  CAF_CHECK(append_one(*store, 11, two_texts).ended == status::refused);
  claim_all(*store, 12, 11);
  CAF_CHECK(append_one(*store, 11, of_kind(noop, 2)).ended == status::fenced);
  CAF_CHECK(append_one(*store, 11, of_kind(outcome, 2)).ended == status::fenced);
}

inline void a_durable_store_has_everything_after_reopening(const factory& f) {
  if (!f.is_durable)
    return;
  {
    auto store = f.make();
    claim_all(*store, 11, 0);
    for (std::uint64_t v = 0; v < 100; ++v)
      CAF_CHECK(append_one(*store, 11, make_commit("ada", v)).ended == status::committed);
  }
  auto store = f.make();
  CAF_CHECK_EQUAL(events_of(*store, "ada").size(), 100u);
  // The former owner's term is over with its process, whatever its number.
  CAF_CHECK(append_one(*store, 11, make_commit("ada", 100)).ended == status::fenced);
  claim_all(*store, 12, 11);
  if (!leaves_versions_to_owners(*store))
    CAF_CHECK(append_one(*store, 12, make_commit("ada", 99)).ended == status::duplicate);
  CAF_CHECK(append_one(*store, 12, make_commit("ada", 100)).ended == status::committed);
}

} // namespace contract
