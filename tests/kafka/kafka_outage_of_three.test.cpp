// One of three brokers stops, or dies, and comes back; each event has three copies, two of them
// before it is acknowledged.
#define CAF_SUITE kafka_outage_of_three

#include "broker_outage.hpp"

using namespace system_test;

namespace {

const bool has_time = (caf::test::engine::max_runtime(900), true);

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_outage_of_three, topic_fixture)

CAF_TEST(without_one_of_three_brokers_a_writer_goes_on_with_nothing_lost) {
  outage_plan plan{.replication = 3};
  for (int i = 0; i < rounds(1); ++i)
    plan.rounds.insert(plan.rounds.end(), {{std::to_string(i % 3 + 1), "kill-broker"},
                                           {std::to_string((i + 1) % 3 + 1), "stop-broker"}});
  go_through_outages(*this, plan);
}

CAF_TEST_FIXTURE_SCOPE_END()
