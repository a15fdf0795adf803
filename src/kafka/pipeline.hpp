/// An idempotent producer for one partition.
#pragma once

#include "client.hpp"
#include "record_log.hpp"

namespace cerk::kafka {

/// Throws `failure_exception`. `options` must outlive it. Not to be destroyed by `done`.
std::unique_ptr<log_pipeline> open_pipeline(const kafka_options& options, partition_id partition,
                                            on_deliveries done);

} // namespace cerk::kafka
