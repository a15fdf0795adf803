// A rejection written into a record's value and read back is the same one, or none.
#define CAF_SUITE stored_rejection

#include "stored_rejection.hpp"

#include "aggregate_core.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;

namespace {

std::optional<rejected> parsed(const std::string& fields, std::string_view type = rejected_type) {
  return parse_rejection(event_value("a", type, 0, {7}, fields), {7});
}

} // namespace

CAF_TEST(what_the_domain_said_comes_back_whole) {
  const auto read = parsed(rejection_fields(
    {.reasons = {{"overdrawn", "the balance is \"5\"", "amount"}, {"late", "", ""}}}));
  CAF_REQUIRE(read);
  CAF_CHECK(!read->conflict);
  CAF_CHECK_EQUAL(read->actual.value, 7u);
  CAF_REQUIRE_EQUAL(read->reasons.size(), 2u);
  CAF_CHECK_EQUAL(read->reasons[0].code, "overdrawn");
  CAF_CHECK_EQUAL(read->reasons[0].text, "the balance is \"5\"");
  CAF_CHECK_EQUAL(read->reasons[0].field, "amount");
  CAF_CHECK_EQUAL(read->reasons[1].code, "late");
}

CAF_TEST(a_conflict_comes_back_as_one) {
  const auto read = parsed(rejection_fields({.conflict = true}));
  CAF_REQUIRE(read);
  CAF_CHECK(read->conflict);
  CAF_CHECK(read->reasons.empty());
}

CAF_TEST(text_that_is_no_utf_8_is_stored_as_text_that_is) {
  const auto read = parsed(rejection_fields({.reasons = {{"bad", "\xff!", ""}}}));
  CAF_REQUIRE(read);
  CAF_CHECK_EQUAL(read->reasons.at(0).text, "\xef\xbf\xbd!");
}

CAF_TEST(what_is_no_rejection_is_read_as_none) {
  const auto good = rejection_fields({.conflict = true});
  CAF_CHECK(parsed(good));
  CAF_CHECK(!parsed(good, noop_type));
  CAF_CHECK(!parsed(R"("conflict":1,"errors":"[]")"));
  CAF_CHECK(!parsed(R"("conflict":true,"errors":[])"));
  CAF_CHECK(!parsed(R"("conflict":true,"errors":"{}")"));
  CAF_CHECK(!parse_rejection("[]", {7}));
}
