// Configuration, errors and log lines of librdkafka.
#include "client.hpp"

#include <algorithm>
#include <cstdio>

namespace cerk::kafka {

namespace {

// Nobody answered; why not is said elsewhere, if at all.
bool is_silence(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
      return true;
    default:
      return false;
  }
}

// The login or TLS.
bool is_refusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION
         || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED || code == RD_KAFKA_RESP_ERR__SSL;
}

error explain(rd_kafka_resp_err_t code, const kafka_options& options, const std::string& said) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return {errc::store_unusable,
              "the topic does not exist at " + options.brokers
                + "; make it with --create-topic --partitions N --replication R, in a program "
                  "with create_kafka_topic()"};
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return {errc::store_unusable,
              "not authorised: " + said
                + "; the user lacks an ACL on this topic: docs/operating.md, Security, lists them"};
    // A login that fails now may be one that not every broker knows yet.
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return {errc::unavailable, "not authorised: " + said
                                   + "; check sasl.mechanism, sasl.username and sasl.password"};
    case RD_KAFKA_RESP_ERR__SSL:
      return {errc::unavailable,
              "no TLS connection: " + said
                + "; check ssl.ca.location, and whether this listener has TLS (security.protocol)"};
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
      return {errc::store_unusable, "records that are needed were deleted"};
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR__BAD_COMPRESSION:
      return {errc::corrupt, said};
    default:
      if (is_silence(code))
        return {errc::unavailable,
                "no answer from " + options.brokers + ": " + said
                  + "; check the address (-b), whether a broker is up there, and whether its "
                    "listener wants another security.protocol"};
      return {errc::unavailable, said};
  }
}

// What every call and every record gets from a client that is beyond use.
bool is_aftermath(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FATAL || code == RD_KAFKA_RESP_ERR__PURGE_QUEUE
         || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

// As cerk's own lines say it. librdkafka's levels are those of syslog: the lower, the worse.
std::string severity_of(int level) {
  constexpr int syslog_error = 3;
  constexpr int syslog_warning = 4;
  return level <= syslog_error ? "error: " : level == syslog_warning ? "warning: " : "";
}

error prefixed(const kafka_options& options, const std::string& what, error why) {
  why.what.insert(0, "kafka:" + options.topic + ": " + what + ": ");
  return why;
}

} // namespace

witness::witness(const kafka_options& options, std::optional<partition_id> partition)
  : options_(options),
    where_("kafka:" + options.topic
           + (partition ? ": partition " + std::to_string(partition->value) : "")) {
}

void witness::take(rd_kafka_event_t* event) {
  if (rd_kafka_event_type(event) != RD_KAFKA_EVENT_ERROR)
    return;
  const auto code = rd_kafka_event_error(event);
  std::string text = rd_kafka_event_error_string(event);
  if (!is_silence(code) && !is_refusal(code))
    return log(options_, where_ + ": error: " + text);
  // These are among the log lines. That all brokers are down each of them has said better.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    return;
  // A handshake can end before the certificate's fault is known; it is the reason all the same.
  const bool was_handshake = text.find("in state SSL_HANDSHAKE") != std::string::npos;
  text.resize(std::min(text.size(), text.rfind(" (after ")));
  const std::lock_guard hold{mutex_};
  newest_ = trouble{was_handshake ? RD_KAFKA_RESP_ERR__SSL : code, std::move(text),
                    std::chrono::steady_clock::now()};
}

std::optional<witness::trouble> witness::newest() const {
  const std::lock_guard hold{mutex_};
  return newest_ && is_recent(*newest_) ? newest_ : std::nullopt;
}

bool witness::is_recent(const trouble& one) const {
  // librdkafka says the same thing again after this time.
  constexpr std::chrono::seconds said_again{30};
  return std::chrono::steady_clock::now() - one.at < said_again + options_.request_timeout;
}

witness& witness_of(const rd_kafka_t* of) {
  return *static_cast<witness*>(rd_kafka_opaque(of));
}

void client_destroyer::operator()(rd_kafka_t* handle) const noexcept {
  // The client's threads use it until they have ended.
  const std::unique_ptr<witness> outlives{&witness_of(handle)};
  rd_kafka_destroy(handle);
}

error to_error(rd_kafka_resp_err_t code, const kafka_options& options, const std::string& what) {
  return prefixed(options, what, explain(code, options, rd_kafka_err2str(code)));
}

error explain(rd_kafka_resp_err_t code, rd_kafka_t* asked) {
  const auto& saw = witness_of(asked);
  if (is_silence(code))
    if (const auto met = saw.newest())
      return explain(met->code, saw.options(), met->text);
  if (is_aftermath(code)) {
    char text[512];
    const auto fatal = rd_kafka_fatal_error(asked, text, sizeof text);
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
      return explain(fatal, saw.options(), text);
  }
  return explain(code, saw.options(), rd_kafka_err2str(code));
}

error to_error(rd_kafka_resp_err_t code, rd_kafka_t* asked, const std::string& what) {
  return prefixed(witness_of(asked).options(), what, explain(code, asked));
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

namespace {

// Unless the user sets it.
void set_default(rd_kafka_conf_t* to, const kafka_options& options, std::string_view key,
                 const std::string& value) {
  const auto is_key = [&](const kafka_property& given) { return given.first == key; };
  if (std::none_of(options.settings.begin(), options.settings.end(), is_key))
    set(to, std::string{key}, value);
}

} // namespace

config make_config(const kafka_options& options, std::optional<partition_id> partition) {
  config made{decltype(config::settings){rd_kafka_conf_new()},
              std::make_unique<witness>(options, partition)};
  // librdkafka's own 10 s would be waited for after the broker is back.
  set(made.get(), "reconnect.backoff.max.ms", "1000");
  set(made.get(), "client.id", "cerk");
  for (const auto& [key, value] : options.settings) {
    if (const auto why = kafka_key_refusal(key); !why.empty())
      throw failure_exception({errc::bad_input, "the librdkafka property '" + key
                                                  + "' cannot be set: " + std::string{why}});
    set(made.get(), key, value);
  }
  set(made.get(), "bootstrap.servers", options.brokers);
  rd_kafka_conf_set_opaque(made.get(), made.saw.get());
  rd_kafka_conf_set_log_cb(made.get(), [](const rd_kafka_t* from, int level, const char* facility,
                                          const char* text) {
    const auto& saw = witness_of(from);
    log(saw.options(), saw.where() + ": " + severity_of(level) + facility + ": " + text);
  });
  rd_kafka_conf_set_events(made.get(), RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(made.get(),
                                        [](rd_kafka_t* of, rd_kafka_event_t* event, void*) {
                                          witness_of(of).take(event);
                                          rd_kafka_event_destroy(event);
                                        });
  return made;
}

client make_client(rd_kafka_type_t kind, config from) {
  char why[512];
  client made{rd_kafka_new(kind, from.get(), why, sizeof why)};
  if (!made)
    throw failure_exception({errc::store_unusable, std::string{"librdkafka: "} + why});
  // They have become the client's.
  [[maybe_unused]] auto* const settings = from.settings.release();
  [[maybe_unused]] auto* const saw = from.saw.release();
  // Events come on the main queue, which nobody serves.
  const queue events{rd_kafka_queue_get_main(made.get())};
  const queue background{rd_kafka_queue_get_background(made.get())};
  rd_kafka_queue_forward(events.get(), background.get());
  return made;
}

bool has_fetch_backoff() noexcept {
  return rd_kafka_version() >= 0x02020000;
}

client make_consumer(const kafka_options& options, std::optional<partition_id> partition) {
  auto settings = make_config(options, partition);
  set(settings.get(), "group.id", "cerk"); // needed, never joined
  set(settings.get(), "enable.auto.commit", "false");
  set(settings.get(), "enable.auto.offset.store", "false");
  set(settings.get(), "auto.offset.reset", "error");
  set(settings.get(), "enable.partition.eof", "true");
  set(settings.get(), "isolation.level", "read_uncommitted");
  // What is read ahead stays in the processor's cache: few bytes, however many messages they are.
  set_default(settings.get(), options, "queued.min.messages", "10000000");
  set_default(settings.get(), options, "queued.max.messages.kbytes", "1024");
  if (has_fetch_backoff())
    set_default(settings.get(), options, "fetch.queue.backoff.ms", "1");
  return make_client(RD_KAFKA_CONSUMER, std::move(settings));
}

} // namespace cerk::kafka
