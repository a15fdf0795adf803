// Topics that are not what a store needs: each refused with its own words and remedy, in time.
#define CAF_SUITE kafka_topic

#include "kafka/pipeline.hpp"
#include "support/kafka_admin.hpp"
#include "support/kafka_cluster.hpp"
#include "system/cli_process.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <mutex>
#include <random>

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture : cli_fixture {
  // Runs cerk on a topic; none of its refusals may take longer than 30 s.
  cli_result on(const cerk::kafka_options& topic, std::vector<std::string> arguments) const {
    const std::vector<std::string> more{"--store", "kafka:" + topic.topic, "-b", topic.brokers};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto before = std::chrono::steady_clock::now();
    auto got = cerk(arguments);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - before;
    CAF_MESSAGE("exit " << got.code << " after " << took.count() << " s: " << got.err);
    CAF_CHECK(took.count() < 30);
    return got;
  }

  // Refused by what restores, and a finding of `verify`; with leave, it is opened.
  void refused(const cerk::kafka_options& topic, const std::string& words,
               const std::string& remedy, const std::string& risk) const {
    const auto got = on(topic, {"replay"});
    CAF_CHECK_EQUAL(got.code, 1);
    CAF_CHECK(got.says(words));
    CAF_CHECK(got.says(remedy));
    const auto found = on(topic, {"verify"});
    CAF_CHECK_EQUAL(found.code, 3);
    CAF_CHECK(found.out.find("problem: ") != std::string::npos);
    CAF_CHECK(found.out.find(words) != std::string::npos);
    CAF_CHECK(found.out.find(remedy) != std::string::npos);
    CAF_CHECK_EQUAL(on(topic, {"replay", "--allow-unsafe-topic", risk}).code, 0);
  }

  // A topic with `events` events, claimed, in two partitions.
  cerk::kafka_options filled(int events = 20) const {
    const auto topic = fresh_topic(2);
    CAF_REQUIRE_EQUAL(on(topic, {"fill", "-n", std::to_string(events), "--aggregates", "10"}).code,
                      0);
    return topic;
  }
};

std::string legacy_event(const std::string& id) {
  return json{{"id", id}, {"type", "UserCreatedEvent"}, {"first_name", "A"}, {"last_name", "B"}}
    .dump();
}

// Of users u0, u1, ...
std::vector<std::pair<std::string, std::string>> legacy_events(std::size_t count) {
  std::vector<std::pair<std::string, std::string>> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto id = "u" + std::to_string(i);
    events[i] = {id, legacy_event(id)};
  }
  return events;
}

// Ids of 1 to 40 characters of 1 to 4 bytes each.
std::vector<std::pair<std::string, std::string>> random_keys(std::size_t count) {
  static const std::vector<std::string> characters{"a", "Z",  "0",  "-", "é",
                                                   "ß", "語", "漢", "𝄞", "🙂"};
  std::mt19937_64 random{20'261'123};
  std::vector<std::pair<std::string, std::string>> all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key;
    for (auto left = 1 + random() % 40; left > 0; --left)
      key += characters[random() % characters.size()];
    all.emplace_back(std::move(key), "{}");
  }
  return all;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_topic, fixture)

CAF_TEST(a_healthy_topic_has_no_problems_and_warnings_where_there_is_one_broker) {
  const auto topic = filled();
  const auto found = on(topic, {"verify", "-o", "ndjson"});
  CAF_CHECK_EQUAL(found.code, 0);
  CAF_CHECK(found.says("22 records"));
  CAF_CHECK(found.out.find(R"("severity":"problem")") == std::string::npos);
  CAF_CHECK(found.out.find("has 1 copy of a partition") != std::string::npos);
  CAF_CHECK(found.out.find("min.insync.replicas=1") != std::string::npos);
  for (const auto& line : lines_of(found.out))
    CAF_CHECK(json::parse(line)["severity"] == "warning");
}

CAF_TEST(settings_that_lose_events_are_refused) {
  const auto topic = filled();
  kafka_admin::alter(topic, "cleanup.policy=compact");
  refused(topic, "has cleanup.policy=compact, which keeps one event of each aggregate",
          "--add-config cleanup.policy=delete", "compaction");
  kafka_admin::alter(topic, "retention.ms=604800000");
  refused(topic, "has retention.ms=604800000, which deletes events", "--add-config retention.ms=-1",
          "retention");
}

CAF_TEST(deleted_records_are_refused) {
  const auto topic = fresh_topic(1);
  const auto events = legacy_events(10);
  kafka_admin::produce(topic, "", events);
  kafka_admin::delete_records(topic, 0, 4);
  refused(topic, "partition 0 begins at offset 4: the records before it were deleted",
          "restore the topic from a backup", "deleted");
  CAF_CHECK_EQUAL(on(topic, {"replay", "--allow-unsafe-topic", "deleted"}).member("events"), 6);
}

CAF_TEST(another_number_of_partitions_is_refused) {
  const auto topic = filled();
  kafka_admin::grow(topic, 3);
  refused(topic, "claimed for 2 partitions by crc32, but opened with 3 partitions by crc32",
          "import it into a store with 2", "placement");
  const auto filling = on(topic, {"fill", "-n", "1"});
  CAF_CHECK_EQUAL(filling.code, 1);
  CAF_CHECK(filling.says("claimed for 2 partitions"));
}

CAF_TEST(another_partitioner_is_refused) {
  const auto topic = filled();
  const auto got = on(topic, {"replay", "--partitioner", "murmur2"});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("claimed for 2 partitions by crc32, but opened with 2 partitions by murmur2"));
  CAF_CHECK(got.says("set the partitioner (--partitioner) to crc32"));
}

CAF_TEST(keys_that_a_java_client_placed_are_refused_or_found_by_murmur2) {
  const auto topic = fresh_topic(4);
  const auto events = legacy_events(20);
  kafka_admin::produce(topic, "murmur2", events);
  refused(topic, "belongs in partition", "set the partitioner (--partitioner) to murmur2",
          "placement");
  // Each aggregate once, however many events it has.
  kafka_admin::produce(topic, "murmur2", events);
  const auto elsewhere = std::count_if(events.begin(), events.end(), [](const auto& event) {
    return cerk::partition_of(event.first, 4, cerk::partitioner::crc32)
           != cerk::partition_of(event.first, 4, cerk::partitioner::murmur2);
  });
  const auto findings = lines_of(on(topic, {"verify"}).out);
  CAF_CHECK_EQUAL(std::count_if(findings.begin(), findings.end(),
                                [](const auto& line) {
                                  return line.starts_with("problem: kafka:")
                                         && line.find("belongs in partition") != std::string::npos;
                                }),
                  elsewhere);
  CAF_CHECK_EQUAL(on(topic, {"replay", "--partitioner", "murmur2"}).member("aggregates"), 20);
  CAF_CHECK_EQUAL(on(topic, {"fill", "-n", "5", "--partitioner", "murmur2"}).code, 0);
  CAF_CHECK_EQUAL(on(topic, {"verify", "--partitioner", "murmur2"}).code, 0);
}

CAF_TEST(what_is_missing_or_cannot_be_reached_is_told) {
  auto topic = fresh_topic(1);
  topic.topic = "nobody-made-this";
  const auto missing = on(topic, {"replay"});
  CAF_CHECK_EQUAL(missing.code, 1);
  CAF_CHECK(missing.says("the topic does not exist"));
  topic.brokers = "127.0.0.1:1";
  const auto nobody = on(topic, {"replay"});
  CAF_CHECK_EQUAL(nobody.code, 1);
  CAF_CHECK(nobody.says("no answer from 127.0.0.1:1"));
}

CAF_TEST(a_log_line_names_the_partition_of_its_producer_and_how_bad_it_is) {
  std::promise<std::string> first;
  std::once_flag is_first;
  const cerk::kafka_options nobody{
    .brokers = "127.0.0.1:1", .topic = "t", .on_log = [&](std::string_view line) {
      std::call_once(is_first, [&] { first.set_value(std::string{line}); });
    }};
  const auto to_nobody = cerk::kafka::open_pipeline(nobody, {3}, [](const auto&) {});
  auto line = first.get_future();
  CAF_REQUIRE(line.wait_for(std::chrono::seconds{20}) == std::future_status::ready);
  const auto text = line.get();
  CAF_MESSAGE(text);
  CAF_CHECK(text.starts_with("kafka:t: partition 3: error: FAIL: "));
}

CAF_TEST(records_that_cannot_be_read_are_findings_with_their_place_and_the_others_are_restored) {
  const auto topic = fresh_topic(1);
  kafka_admin::produce(topic, "",
                       {{"not-json", "{"},
                        {"no-type", R"({"id":"no-type"})"},
                        {"elsewhere", legacy_event("another")},
                        {"unheard", R"({"id":"unheard","type":"UnheardEvent"})"},
                        {"good", legacy_event("good")}});
  const auto found = on(topic, {"verify"});
  CAF_CHECK_EQUAL(found.code, 3);
  for (const std::string at : {"offset 0, aggregate 'not-json'", "offset 1, aggregate 'no-type'",
                               "offset 2, aggregate 'elsewhere'", "offset 3, aggregate 'unheard'"})
    CAF_CHECK(found.out.find("problem: partition 0, " + at) != std::string::npos);
  CAF_CHECK(found.out.find("'good'") == std::string::npos);
  const auto restored = on(topic, {"replay"});
  CAF_CHECK_EQUAL(restored.code, 3);
  CAF_CHECK_EQUAL(restored.member("quarantined"), 4);
  CAF_CHECK_EQUAL(restored.member("aggregates"), 5);
}

CAF_TEST(ten_thousand_keys_are_where_librdkafka_puts_them) {
  const auto topic = fresh_topic(12);
  const auto keys = random_keys(10'000);
  for (const auto by : {cerk::partitioner::crc32, cerk::partitioner::murmur2}) {
    const auto placed
      = kafka_admin::produce(topic, by == cerk::partitioner::crc32 ? "" : "murmur2", keys);
    std::size_t different = 0;
    for (std::size_t i = 0; i < keys.size(); ++i)
      if (cerk::partition_of(keys[i].first, 12, by).value != placed[i])
        ++different;
    CAF_CHECK_EQUAL(different, 0u);
  }
}

CAF_TEST_FIXTURE_SCOPE_END()
