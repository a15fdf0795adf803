/// A topic as such: making one, and what its settings say.
#pragma once

#include "client.hpp"

namespace cerk::kafka {

/// Waits until every partition of the topic has a leader and returns how many there are.
/// Errors: `store_unusable` if there is no such topic, `unavailable`.
/// A topic that `was_just_made` may be unknown to a broker for a moment.
result<std::int32_t> wait_for_topic(rd_kafka_t* with, const kafka_options& options,
                                    bool was_just_made);

/// Whether the topic keeps every event for ever, by its settings; if they may not be read that is
/// logged. Errors: `store_unusable`, with the setting and the command that mends it; `unavailable`.
result<void> check_settings(rd_kafka_t* with, const kafka_options& options);

} // namespace cerk::kafka
