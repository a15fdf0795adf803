// Several brokers, which do not all know the same at the same time.
#define CAF_SUITE kafka_three

#include "support/kafka_cluster.hpp"

#include <sstream>

#include "caf/test/unit_test.hpp"

CAF_TEST(a_topic_that_was_just_made_can_be_opened_at_each_of_the_brokers) {
  for (int round = 0; round < 10; ++round) {
    std::istringstream brokers{kafka_brokers()};
    for (std::string one; std::getline(brokers, one, ',');) {
      auto topic = fresh_topic(1);
      topic.brokers = one;
      try {
        const cerk::kafka_provider store{topic};
        CAF_CHECK_EQUAL(store.info().partition_count, 1);
      } catch (const cerk::failure_exception& e) {
        CAF_ERROR(e.what());
      }
    }
  }
}
