// The only broker stops, or dies, and comes back.
#define CAF_SUITE kafka_outage_of_one

#include "broker_outage.hpp"

using namespace system_test;

namespace {

const bool has_time = (caf::test::engine::max_runtime(900), true);

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_outage_of_one, topic_fixture)

CAF_TEST(without_its_only_broker_a_writer_waits_and_then_goes_on_with_nothing_lost) {
  outage_plan plan;
  for (int i = 0; i < rounds(1); ++i)
    plan.rounds.insert(plan.rounds.end(), {{"1", "kill-broker"}, {"1", "stop-broker"}});
  go_through_outages(*this, plan);
}

CAF_TEST(a_writer_that_gave_its_records_up_claims_again_and_knows_which_of_them_landed) {
  outage_plan plan{.delivery_timeout = "2s"};
  for (int i = 0; i < rounds(1); ++i)
    plan.rounds.emplace_back("1", "kill-broker");
  const auto found = go_through_outages(*this, plan);
  CAF_CHECK_GREATER(found.claims, 4u);
}

CAF_TEST_FIXTURE_SCOPE_END()
