/// librdkafka's C API as owning types, and its errors as ours. The library's only header that
/// includes rdkafka.h.
#pragma once

#include "cerk/kafka_provider.hpp"

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>
#include <string_view>

namespace cerk::kafka {

template <auto Destroy>
struct destroyer {
  template <class T>
  void operator()(T* handle) const noexcept {
    Destroy(handle);
  }
};

using client = std::unique_ptr<rd_kafka_t, destroyer<rd_kafka_destroy>>;
using config = std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>>;
using topic_handle = std::unique_ptr<rd_kafka_topic_t, destroyer<rd_kafka_topic_destroy>>;
using queue = std::unique_ptr<rd_kafka_queue_t, destroyer<rd_kafka_queue_destroy>>;
using message = std::unique_ptr<rd_kafka_message_t, destroyer<rd_kafka_message_destroy>>;
using headers = std::unique_ptr<rd_kafka_headers_t, destroyer<rd_kafka_headers_destroy>>;
using topic_list = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                   destroyer<rd_kafka_topic_partition_list_destroy>>;
// The function of this name hides the type's.
using metadata
  = std::unique_ptr<const struct rd_kafka_metadata, destroyer<rd_kafka_metadata_destroy>>;

/// What a record takes beside its value: an id, the packed header, a trace context and the like.
inline constexpr std::size_t record_overhead_bytes = 16 << 10;

/// `what` happened to `options.topic`, as an error that says where and whether to try again.
error to_error(rd_kafka_resp_err_t code, const kafka_options& options, const std::string& what);

/// What producers and consumers have in common: brokers, the user's settings, logging.
/// Throws `failure_exception` (`bad_input`). `options` must outlive the client.
config make_config(const kafka_options& options);

/// Sets a property; throws `failure_exception` (`bad_input`).
void set(rd_kafka_conf_t* to, const std::string& key, const std::string& value);

/// Throws `failure_exception` (`store_unusable`).
client make_client(rd_kafka_type_t kind, config from);

/// A consumer that is never in a group.
client make_consumer(const kafka_options& options);

void log(const kafka_options& options, std::string_view line);

} // namespace cerk::kafka
