// The store contract, kept on a real broker, and what only a topic can be.
#define CAF_SUITE kafka_store

#include "kafka/pipeline.hpp"
#include "store_contract.hpp"
#include "support/kafka_admin.hpp"
#include "support/kafka_cluster.hpp"

namespace {

using contract::status;

contract::factory make_store() {
  const auto topic = std::make_shared<cerk::kafka_options>(fresh_topic(4));
  return {.make = [topic] { return std::make_unique<cerk::kafka_provider>(*topic); },
          .is_durable = true,
          .event_bytes_max = 4'096};
}

constexpr cerk::partition_id home{0};

// Puts a record into the topic behind cerk's back.
void add(const cerk::kafka_options& options, std::optional<std::string_view> key,
         std::string_view value) {
  const contract::answer<bool> stored;
  const auto foreign = cerk::kafka::open_pipeline(
    options, home,
    [stored](const std::vector<cerk::delivery>& reports) { stored.set(reports.at(0).stored); });
  CAF_REQUIRE(foreign->produce({.key = key, .value = value}, 1));
  CAF_CHECK(stored.get());
}

cerk::error refusal_of(const cerk::kafka_options& options) {
  try {
    cerk::kafka_provider opened{options};
  } catch (const cerk::failure_exception& e) {
    return e.reason();
  }
  return {};
}

} // namespace

#include "store_contract_tests.hpp"

CAF_TEST(two_owners_of_one_partition_cannot_both_commit) {
  const auto topic = fresh_topic(1);
  cerk::kafka_provider first{topic};
  contract::claim(first, home, 11, 0);
  CAF_CHECK(contract::append_one(first, 11, contract::make_commit("ada", 0)).ended
            == status::committed);
  cerk::kafka_provider second{topic};
  contract::claim(second, home, 12, 11);
  CAF_CHECK(contract::append_one(first, 11, contract::make_commit("ada", 1)).ended
            == status::fenced);
  CAF_CHECK(contract::append_one(second, 12, contract::make_commit("ada", 1)).ended
            == status::committed);
  const auto entries = contract::scan(second, home);
  CAF_REQUIRE_EQUAL(entries.size(), 5u);
  CAF_CHECK_EQUAL(entries[3].reason, "stale_term");
  CAF_CHECK_EQUAL(contract::events_of(second, "ada").size(), 2u);
}

CAF_TEST(behind_a_foreign_record_a_commit_is_read_back) {
  const auto topic = fresh_topic(1);
  cerk::kafka_provider store{topic};
  contract::claim(store, home, 11, 0);
  add(topic, "ada", R"({"id":"ada","type":"Noted"})");
  add(topic, std::nullopt, cerk::claim_value({.id = {9}, .replaces = {3}}, 0));
  const auto result = contract::append_one(store, 11, contract::make_commit("ada", 0));
  CAF_CHECK(result.ended == status::committed);
  CAF_CHECK_EQUAL(result.last.value, 3);
  const auto entries = contract::scan(store, home);
  CAF_CHECK_EQUAL(entries.at(1).reason, "headerless_after_claim");
}

CAF_TEST(a_topic_is_made_once_and_must_exist) {
  auto topic = fresh_topic(3);
  CAF_CHECK(!cerk::create_kafka_topic(topic, 3, 1).value());
  CAF_CHECK_EQUAL(cerk::kafka_provider{topic}.info().partition_count, 3);
  topic.topic = "nobody-made-this";
  const auto why = refusal_of(topic);
  CAF_CHECK(why.code == cerk::errc::store_unusable);
  CAF_CHECK(why.what.find("nobody-made-this") != std::string::npos);
  CAF_CHECK(why.what.find("does not exist") != std::string::npos);
}

CAF_TEST(a_topic_that_would_lose_events_is_refused_with_what_mends_it) {
  const auto refused
    = [](const std::string& setting, const std::string& remedy, cerk::topic_risk risk) {
        const auto topic = fresh_topic(1);
        kafka_admin::alter(topic, setting);
        auto why = refusal_of(topic);
        CAF_CHECK(why.code == cerk::errc::store_unusable);
        CAF_CHECK(why.what.find(setting) != std::string::npos);
        CAF_CHECK(why.what.find("--add-config " + remedy) != std::string::npos);
        auto allowed = topic;
        allowed.allowed_risks = {risk};
        CAF_CHECK(refusal_of(allowed).what.empty());
      };
  using enum cerk::topic_risk;
  refused("cleanup.policy=compact", "cleanup.policy=delete", compaction);
  refused("retention.ms=604800000", "retention.ms=-1", retention);
  refused("retention.bytes=1000000", "retention.bytes=-1", retention);
  refused("max.message.bytes=10000", "max.message.bytes=20480", message_size);
}

CAF_TEST(a_broker_that_cannot_be_reached_is_an_error_within_the_bound) {
  const auto why = refusal_of({.brokers = "127.0.0.1:1",
                               .topic = "any",
                               .request_timeout = std::chrono::milliseconds{500},
                               .on_log = [](std::string_view) {}});
  CAF_CHECK(why.code == cerk::errc::unavailable);
  CAF_CHECK(why.what.find("127.0.0.1:1") != std::string::npos);
}

CAF_TEST(a_record_that_finds_no_broker_is_reported_as_failed_at_its_timeout) {
  const cerk::kafka_options nowhere{.brokers = "127.0.0.1:1",
                                    .topic = "any",
                                    .delivery_timeout = std::chrono::milliseconds{200},
                                    .on_log = [](std::string_view) {}};
  const contract::answer<cerk::delivery> reported;
  const auto pipeline = cerk::kafka::open_pipeline(
    nowhere, home,
    [reported](const std::vector<cerk::delivery>& reports) { reported.set(reports.at(0)); });
  CAF_REQUIRE(pipeline->produce({.key = "ada", .value = "{}"}, 7));
  const auto report = reported.get();
  CAF_CHECK(!report.stored);
  CAF_CHECK(!report.failure.empty());
  CAF_CHECK_EQUAL(report.token, 7u);
}

CAF_TEST(settings_that_the_protocol_depends_on_are_refused_and_values_never_printed) {
  auto topic = fresh_topic(1);
  topic.settings = {{"enable.idempotence", "false"}};
  auto why = refusal_of(topic);
  CAF_CHECK(why.code == cerk::errc::bad_input);
  CAF_CHECK(why.what.find("enable.idempotence") != std::string::npos);
  topic.settings = {{"sasl.passwort", "hunter2"}};
  why = refusal_of(topic);
  CAF_CHECK(why.code == cerk::errc::bad_input);
  CAF_CHECK(why.what.find("sasl.passwort") != std::string::npos);
  CAF_CHECK(why.what.find("hunter2") == std::string::npos);
}

CAF_TEST(a_broker_that_comes_back_is_found_within_a_second_unless_told_otherwise) {
  const auto waits = [](const cerk::kafka_options& options) {
    const auto made = cerk::kafka::make_config(options);
    char text[32];
    std::size_t size = sizeof text;
    CAF_CHECK(rd_kafka_conf_get(made.get(), "reconnect.backoff.max.ms", text, &size)
              == RD_KAFKA_CONF_OK);
    return std::string{text};
  };
  CAF_CHECK_EQUAL(waits({}), "1000");
  CAF_CHECK_EQUAL(waits({.settings = {{"reconnect.backoff.max.ms", "5000"}}}), "5000");
}

CAF_TEST(missing_and_empty_keys_values_and_headers_come_back_as_they_were) {
  const auto topic = fresh_topic(1);
  cerk::kafka_provider store{topic};
  const std::vector<cerk::record> records{
    {.timestamp_ms = 1, .key = std::nullopt, .value = std::nullopt},
    {.timestamp_ms = 2, .key = "", .value = ""},
    {.timestamp_ms = 3, .key = "k", .value = std::string("\0\xff", 2), .headers = {{"h", ""}}},
  };
  store.append_verbatim(home, records).value();
  const auto read = contract::read_all(store, home);
  CAF_REQUIRE_EQUAL(read.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    CAF_CHECK(read[i].key == records[i].key);
    CAF_CHECK(read[i].value == records[i].value);
    CAF_CHECK(read[i].headers == records[i].headers);
    CAF_CHECK_EQUAL(read[i].timestamp_ms, records[i].timestamp_ms);
  }
}
