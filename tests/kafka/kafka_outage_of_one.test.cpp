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

CAF_TEST_FIXTURE_SCOPE_END()
