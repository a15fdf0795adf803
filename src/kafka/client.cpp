// Configuration, errors and log lines of librdkafka.
#include "client.hpp"

#include <cstdio>

namespace cerk::kafka {

error to_error(rd_kafka_resp_err_t code, const kafka_options& options, const std::string& what) {
  const std::string where = "kafka:" + options.topic + ": " + what + ": ";
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return {errc::store_unusable, where + "the topic does not exist at " + options.brokers};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return {errc::store_unusable, where + "not authorised: " + rd_kafka_err2str(code)};
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return {errc::store_unusable, where + "records that are needed were deleted"};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return {errc::corrupt, where + rd_kafka_err2str(code)};
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return {errc::unavailable,
              where + "no answer from " + options.brokers + ": " + rd_kafka_err2str(code)};
    default:
      return {errc::unavailable, where + rd_kafka_err2str(code)};
  }
}

void log(const kafka_options& options, std::string_view line) {
  if (options.on_log)
    options.on_log(line);
  else
    std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
}

void set(rd_kafka_conf_t* to, const std::string& key, const std::string& value) {
  char why[512];
  if (rd_kafka_conf_set(to, key.c_str(), value.c_str(), why, sizeof why) == RD_KAFKA_CONF_OK)
    return;
  // Not librdkafka's own words: they may quote the value, which may be a secret.
  throw failure_exception({errc::bad_input, "the librdkafka property '" + key
                                              + "' is unknown, or its value is not one of its"});
}

config make_config(const kafka_options& options) {
  config made{rd_kafka_conf_new()};
  for (const auto& [key, value] : options.settings) {
    if (const auto why = kafka_key_refusal(key); !why.empty())
      throw failure_exception({errc::bad_input, "the librdkafka property '" + key
                                                  + "' cannot be set: " + std::string{why}});
    set(made.get(), key, value);
  }
  set(made.get(), "bootstrap.servers", options.brokers);
  set(made.get(), "client.id", "cerk");
  rd_kafka_conf_set_opaque(made.get(), const_cast<kafka_options*>(&options));
  rd_kafka_conf_set_log_cb(made.get(), [](const rd_kafka_t* from, int, const char* facility,
                                          const char* text) {
    const auto& to = *static_cast<const kafka_options*>(rd_kafka_opaque(from));
    log(to, "kafka:" + to.topic + ": " + facility + ": " + text);
  });
  return made;
}

client make_client(rd_kafka_type_t kind, config from) {
  char why[512];
  auto* made = rd_kafka_new(kind, from.get(), why, sizeof why);
  if (made == nullptr)
    throw failure_exception({errc::store_unusable, std::string{"librdkafka: "} + why});
  [[maybe_unused]] auto* const given = from.release(); // it has become the client's
  return client{made};
}

client make_consumer(const kafka_options& options) {
  auto settings = make_config(options);
  set(settings.get(), "group.id", "cerk"); // needed, never joined
  set(settings.get(), "enable.auto.commit", "false");
  set(settings.get(), "enable.auto.offset.store", "false");
  set(settings.get(), "auto.offset.reset", "error");
  set(settings.get(), "enable.partition.eof", "true");
  set(settings.get(), "isolation.level", "read_uncommitted");
  auto made = make_client(RD_KAFKA_CONSUMER, std::move(settings));
  rd_kafka_poll_set_consumer(made.get());
  return made;
}

} // namespace cerk::kafka
