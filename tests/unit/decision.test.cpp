#define CAF_SUITE decision

#include <cerk/command.hpp>
#include <cerk/decision.hpp>

#include "caf/test/unit_test.hpp"

namespace {

struct born {
  int weight = 0;
};

struct named {
  std::string name;
};

using decision = cerk::decision<born, named>;

} // namespace

CAF_TEST(a_decision_is_made_of_one_event) {
  const decision d = born{3};
  CAF_REQUIRE_EQUAL(d.events().size(), 1u);
  CAF_CHECK_EQUAL(std::get<born>(d.events()[0]).weight, 3);
  CAF_CHECK(d.rejections().empty());
}

CAF_TEST(a_decision_keeps_several_events_of_different_types_in_order) {
  const decision d = {born{3}, named{"Ada"}};
  CAF_REQUIRE_EQUAL(d.events().size(), 2u);
  CAF_CHECK(std::holds_alternative<born>(d.events()[0]));
  CAF_CHECK_EQUAL(std::get<named>(d.events()[1]).name, "Ada");
  decision more = born{1};
  more.then(named{"Bob"}).then(born{2});
  CAF_CHECK_EQUAL(more.events().size(), 3u);
  const decision listed = std::vector<decision::event>{named{"C"}};
  CAF_CHECK_EQUAL(listed.events().size(), 1u);
}

CAF_TEST(unchanged_is_neither_event_nor_rejection) {
  const decision d = cerk::unchanged;
  CAF_CHECK(d.events().empty());
  CAF_CHECK(d.rejections().empty());
}

CAF_TEST(a_rejection_has_one_or_more_reasons) {
  const decision d = cerk::reject("too_short", "two letters at least", "name").also("too_light");
  CAF_CHECK(d.events().empty());
  CAF_REQUIRE_EQUAL(d.rejections().size(), 2u);
  CAF_CHECK((d.rejections()[0] == cerk::rejection{"too_short", "two letters at least", "name"}));
  CAF_CHECK((d.rejections()[1] == cerk::rejection{"too_light", "", ""}));
  cerk::reject built{"a"};
  built.also("b").also("c");
  CAF_CHECK_EQUAL(built.reasons().size(), 3u);
}

CAF_TEST(an_outcome_is_accepted_rejected_or_failed_and_nothing_else) {
  const cerk::outcome accepted = cerk::receipt{.id = "ada", .version = {2}};
  CAF_CHECK(accepted && accepted.get_receipt() && !accepted.get_rejection()
            && !accepted.get_failure());
  CAF_CHECK_EQUAL(to_string(accepted), "accepted: ada at version 2");
  const cerk::outcome refused
    = cerk::rejected{{{"taken", "choose another", "name"}, {"short", "", ""}}};
  CAF_CHECK(!refused && !refused.get_receipt() && refused.get_rejection()
            && !refused.get_failure());
  CAF_CHECK_EQUAL(to_string(refused), "rejected: taken (name): choose another; short");
  const cerk::outcome conflict = cerk::rejected{.conflict = true, .actual = {7}};
  CAF_CHECK_EQUAL(to_string(conflict), "rejected: conflict, the aggregate is at version 7");
  const cerk::outcome failed = cerk::error{cerk::errc::fenced, "gone"};
  CAF_CHECK(!failed && !failed.get_receipt() && !failed.get_rejection() && failed.get_failure());
  CAF_CHECK_EQUAL(to_string(failed), "failed: fenced: gone");
}

CAF_TEST(a_receipt_names_its_events) {
  const auto id = *cerk::command_id::parse("01234567-89ab-cdef-0123-456789abcdef");
  const cerk::receipt r{.command_id = id, .event_count = 2};
  const std::vector<std::string> expected{"01234567-89ab-cdef-0123-456789abcdef-1",
                                          "01234567-89ab-cdef-0123-456789abcdef-2"};
  CAF_CHECK_EQUAL(r.event_ids(), expected);
  CAF_CHECK(cerk::receipt{}.event_ids().empty());
}
