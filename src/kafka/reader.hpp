/// Reads one partition of a topic with a consumer of its own.
#pragma once

#include "client.hpp"

namespace cerk::kafka {

/// The first and the next offset of a partition. Blocks for at most `request_timeout`.
struct watermarks {
  offset low;
  offset high;
};

result<watermarks> query_watermarks(rd_kafka_t* with, const kafka_options& options,
                                    partition_id partition);

/// That records of a partition were deleted, and what to do about it.
std::string deleted(const kafka_options& options, partition_id partition, offset low);

/// Opens a reader at `from`; `store_unusable` if records from there on were deleted, or, where
/// unsafe topics are allowed, at the first that is left.
/// Asks with `asking`; throws `failure_exception`. `options` must outlive it.
result<std::unique_ptr<record_reader>> open_reader(rd_kafka_t* asking, const kafka_options& options,
                                                   partition_id partition, offset from,
                                                   std::shared_ptr<batch_pool> pool);

} // namespace cerk::kafka
