/// A topic as such: making one, and what its settings say.
#pragma once

#include "client.hpp"

namespace cerk::kafka {

struct topic_shape {
  std::int32_t partitions = 0;
  /// Copies of the partition that has the fewest.
  std::int32_t replication = 0;
};

/// Waits until every partition of the topic has a leader.
/// Errors: `store_unusable` if there is no such topic, `unavailable`.
/// Where there are several brokers one may not know yet what another one does, so that a topic is
/// missing only after 2 s; one that `was_just_made`, after the request timeout.
result<topic_shape> wait_for_topic(rd_kafka_t* with, const kafka_options& options,
                                   bool was_just_made);

/// What replication and settings mean for events; that settings may not be read is a finding.
/// Errors: `unavailable`.
result<std::vector<topic_finding>> inspect_settings(rd_kafka_t* with, const kafka_options& options,
                                                    const topic_shape& shape);

} // namespace cerk::kafka
