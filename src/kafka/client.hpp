/// librdkafka's C API as owning types, and its errors as ours. The library's only header that
/// includes rdkafka.h.
#pragma once

#include "cerk/kafka_provider.hpp"

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
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

/// Hears what librdkafka says about a client's connections, on its threads.
///
/// To a call a broker that refuses the login or shows a strange certificate is one that does not
/// answer; what was heard lately says why. Belongs to its client, whose opaque value it is.
class witness {
public:
  struct trouble {
    rd_kafka_resp_err_t code{};
    std::string text;
    std::chrono::steady_clock::time_point at;
  };

  witness(const kafka_options& options, std::optional<partition_id> partition);

  const kafka_options& options() const noexcept {
    return options_;
  }

  /// Where its client belongs, for log lines: a topic, or one partition of it.
  const std::string& where() const noexcept {
    return where_;
  }

  /// Takes an event if it is an error of the client as such, and logs it.
  void take(rd_kafka_event_t* event);

  /// What kept a connection from coming about, lately.
  std::optional<trouble> newest() const;

private:
  bool is_recent(const trouble& one) const;

  const kafka_options& options_;
  const std::string where_;
  mutable std::mutex mutex_;
  std::optional<trouble> newest_;
};

witness& witness_of(const rd_kafka_t* of);

struct client_destroyer {
  void operator()(rd_kafka_t* handle) const noexcept;
};

using client = std::unique_ptr<rd_kafka_t, client_destroyer>;

/// What a client will be made of.
struct config {
  std::unique_ptr<rd_kafka_conf_t, destroyer<rd_kafka_conf_destroy>> settings;
  std::unique_ptr<witness> saw;

  rd_kafka_conf_t* get() const noexcept {
    return settings.get();
  }
};

/// `what` happened to `options.topic`, as an error that says where, the remedy, and whether to try
/// again.
error to_error(rd_kafka_resp_err_t code, const kafka_options& options, const std::string& what);

/// The same for an answer to the client `asked`; if there was none, with what its connections met.
error to_error(rd_kafka_resp_err_t code, rd_kafka_t* asked, const std::string& what);

/// The same without saying where.
error explain(rd_kafka_resp_err_t code, rd_kafka_t* asked);

/// What producers and consumers have in common: brokers, the user's settings, logging.
/// Log lines name the `partition`, if the client is for one alone.
/// Throws `failure_exception` (`bad_input`). `options` must outlive the client.
config make_config(const kafka_options& options, std::optional<partition_id> partition = {});

/// Sets a property; throws `failure_exception` (`bad_input`).
void set(rd_kafka_conf_t* to, const std::string& key, const std::string& value);

/// Throws `failure_exception` (`store_unusable`).
client make_client(rd_kafka_type_t kind, config from);

/// Whether librdkafka looks at a full queue again by itself: 2.2.0 and later
/// (`fetch.queue.backoff.ms`).
bool has_fetch_backoff() noexcept;

/// A consumer that is never in a group.
client make_consumer(const kafka_options& options,
                     std::optional<partition_id> partition = std::nullopt);

void log(const kafka_options& options, std::string_view line);

} // namespace cerk::kafka
