// What an import refuses, because the fold would make something else of it.
#define CAF_SUITE cli_import_plan

#include "import_plan.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;
using namespace cerk::cli;

namespace {

record_line legacy(std::optional<std::int32_t> partition, std::optional<std::int64_t> at,
                   std::string key = "ada") {
  return {.partition = partition, .offset = at, .stored = {.key = std::move(key), .value = "{}"}};
}

record_line claim_of(std::uint64_t id, std::uint64_t replaces, std::int32_t partition_count = 1,
                     std::optional<std::int32_t> partition = 0,
                     std::optional<std::int64_t> at = {}) {
  const claim c{.id = {id}, .replaces = {replaces}, .partition_count = partition_count};
  return {.partition = partition, .offset = at, .stored = {.value = claim_value(c, 0)}};
}

record_line event_of(std::uint64_t term, std::uint64_t number,
                     std::optional<std::int32_t> partition = 0, std::optional<std::int64_t> at = {},
                     std::string key = "ada") {
  auto line = legacy(partition, at, std::move(key));
  const auto packed
    = pack({.term = {term}, .number = number}, *line.stored.key, *line.stored.value);
  line.stored.header.assign(packed.data(), packed.size());
  return line;
}

// The partition, or why not.
std::string placed(import_plan& plan, const record_line& line) {
  const auto at = plan.place(line);
  return at ? std::to_string(at->value) : at.error().what;
}

bool refuses(import_plan& plan, const record_line& line, const std::string& words, errc code) {
  const auto at = plan.place(line);
  if (at || at.error().code != code || at.error().what.find(words) == std::string::npos) {
    CAF_MESSAGE("got " << (at ? "a place" : to_string(at.error())));
    return false;
  }
  return true;
}

} // namespace

CAF_TEST(events_without_header_go_where_their_key_belongs) {
  import_plan plan{{.partition_count = 4}, false};
  for (std::int32_t source = 0; source < 9; ++source)
    CAF_CHECK_EQUAL(placed(plan, legacy(source, 0)), std::to_string(partition_of("ada", 4).value));
  CAF_CHECK_EQUAL(placed(plan, legacy({}, {})), std::to_string(partition_of("ada", 4).value));
}

CAF_TEST(a_record_without_key_stays_in_its_partition) {
  auto orphan = legacy(2, 0);
  orphan.stored.key.reset();
  import_plan four{{.partition_count = 4}, false};
  CAF_CHECK_EQUAL(placed(four, orphan), "2");
  import_plan one{{.partition_count = 1}, false};
  CAF_CHECK_EQUAL(placed(one, orphan), "0");
  import_plan two{{.partition_count = 2}, false};
  CAF_CHECK(refuses(two, orphan, "partition 2, but the store has 2", errc::bad_input));
  orphan.partition.reset();
  CAF_CHECK(refuses(two, orphan, "needs its partition", errc::bad_input));
}

CAF_TEST(the_lines_of_a_partition_must_be_in_its_order) {
  import_plan plan{{.partition_count = 1}, false};
  CAF_CHECK_EQUAL(placed(plan, legacy(0, 5)), "0");
  CAF_CHECK_EQUAL(placed(plan, legacy(1, 3)), "0"); // another partition
  CAF_CHECK_EQUAL(placed(plan, legacy(0, 9)), "0"); // a hole among legacy events voids nothing
  CAF_CHECK(refuses(plan, legacy(0, 9), "offset 9 comes after offset 9", errc::bad_input));
  import_plan other{{.partition_count = 1}, false};
  CAF_CHECK_EQUAL(placed(other, legacy(0, 5)), "0");
  CAF_CHECK(refuses(other, legacy(0, 4), "offset 4 comes after offset 5", errc::bad_input));
}

CAF_TEST(a_log_that_was_claimed_is_taken_whole) {
  import_plan plan{{.partition_count = 1}, false};
  CAF_CHECK_EQUAL(placed(plan, legacy(0, 0)), "0");
  CAF_CHECK_EQUAL(placed(plan, claim_of(7, 0, 1, 0, 1)), "0");
  CAF_CHECK_EQUAL(placed(plan, event_of(7, 1, 0, 2)), "0");
  CAF_CHECK_EQUAL(placed(plan, claim_of(8, 7, 1, 0, 3)), "0");
  CAF_CHECK_EQUAL(placed(plan, event_of(7, 2, 0, 4)), "0"); // void there, and void here
  CAF_CHECK_EQUAL(plan.claims(), 2u);
}

CAF_TEST(another_number_of_partitions_would_void_events_and_is_refused) {
  import_plan plan{{.partition_count = 1}, false};
  CAF_CHECK(refuses(plan, claim_of(7, 0, 4), "a store with 4 partitions; the target has 1",
                    errc::bad_input));
  import_plan four{{.partition_count = 4}, false};
  CAF_CHECK_EQUAL(placed(four, claim_of(7, 0, 4, 2)), "2");
  const auto home = partition_of("ada", 4).value;
  CAF_CHECK(
    refuses(four, event_of(7, 1, (home + 1) % 4), "its key belongs in partition", errc::bad_input));
}

CAF_TEST(events_whose_claim_is_missing_would_be_void_and_are_refused) {
  import_plan without{{.partition_count = 1}, false};
  CAF_CHECK(refuses(without, event_of(7, 1), "no claim before it", errc::bad_input));
  import_plan first_lost{{.partition_count = 1}, false};
  CAF_CHECK(refuses(first_lost, claim_of(8, 7), "replaces term 7", errc::bad_input));
}

CAF_TEST(a_hole_behind_a_claim_is_refused) {
  import_plan plan{{.partition_count = 1}, false};
  CAF_CHECK_EQUAL(placed(plan, claim_of(7, 0, 1, 0, 0)), "0");
  CAF_CHECK_EQUAL(placed(plan, event_of(7, 1, 0, 1)), "0");
  CAF_CHECK(refuses(plan, event_of(7, 3, 0, 3), "offset 3 follows offset 1", errc::bad_input));
}

CAF_TEST(a_store_with_records_takes_no_log_that_was_claimed) {
  import_plan with_claim{{.partition_count = 1, .is_empty = false}, false};
  CAF_CHECK(
    refuses(with_claim, claim_of(7, 0), "only be imported into an empty store", errc::fenced));
  import_plan with_event{{.partition_count = 1, .is_empty = false}, false};
  CAF_CHECK(
    refuses(with_event, event_of(7, 1), "only be imported into an empty store", errc::fenced));
  import_plan with_legacy{{.partition_count = 1, .is_empty = false}, false};
  CAF_CHECK_EQUAL(placed(with_legacy, legacy(0, 0)), "0");
}

CAF_TEST(a_store_that_was_claimed_takes_no_event_without_header) {
  import_plan plan{{.partition_count = 1, .is_empty = false, .is_claimed = true}, false};
  CAF_CHECK(refuses(plan, legacy(0, 0), "would be void in this store", errc::fenced));
}

CAF_TEST(a_record_whose_seal_is_broken_is_refused_unless_wanted) {
  auto changed = event_of(7, 1);
  changed.stored.value = "{ }";
  auto strange = event_of(7, 1);
  strange.stored.header = "no header of cerk";
  for (const auto& damaged : {changed, strange}) {
    import_plan plan{{.partition_count = 1}, false};
    CAF_CHECK_EQUAL(placed(plan, claim_of(7, 0)), "0");
    CAF_CHECK(refuses(plan, damaged, "its seal is broken", errc::bad_input));
    import_plan lenient{{.partition_count = 1}, true};
    CAF_CHECK_EQUAL(placed(lenient, claim_of(7, 0)), "0");
    CAF_CHECK_EQUAL(placed(lenient, damaged), "0");
  }
}
