// cerk-writer on a topic, killed at random moments.
#define CAF_SUITE kafka_crash

#include "system/crash_rounds.hpp"
#include "topic_writers.hpp"

using namespace system_test;

namespace {

const bool has_time = (caf::test::engine::max_runtime(900), true);

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_crash, topic_fixture)

CAF_TEST(what_was_acknowledged_is_there_exactly_once_after_each_of_20_crashes) {
  crash_again_and_again({.store = "kafka:" + topic,
                         .store_flags = {"-b", kafka_brokers(), "--create-topic", "--partitions",
                                         "4", "--replication", "1"},
                         .rounds = 20});
}

CAF_TEST_FIXTURE_SCOPE_END()
