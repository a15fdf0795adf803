/// A topic as a record log: what `kafka_provider` is made of.
#pragma once

#include "cerk/kafka_provider.hpp"

#include "record_log.hpp"

#include <memory>

namespace cerk::kafka {

/// Throws `failure_exception`, as the constructor of `kafka_provider` says.
std::unique_ptr<record_log> open_topic_log(kafka_options options);

} // namespace cerk::kafka
