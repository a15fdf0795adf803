// TLS, a login and ACLs: what works with them, what each refusal says, and that no secret is said.
#define CAF_SUITE kafka_security

#include "kafka/client.hpp"
#include "support/kafka_cluster.hpp"
#include "system/cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;

namespace {

using arguments = std::vector<std::string>;

const std::string password = kafka_says("password");

arguments operator+(arguments all, const arguments& more) {
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// What a user needs to get in.
arguments login(const std::string& user,
                const std::string& secret = "@file:" + kafka_file("password")) {
  return {"-b", kafka_says("bootstrap.secure"),
          "-X", "security.protocol=SASL_SSL",
          "-X", "ssl.ca.location=" + kafka_file("ca.pem"),
          "-X", "sasl.mechanism=PLAIN",
          "-X", "sasl.username=" + user,
          "-X", "sasl.password=" + secret};
}

const arguments made_for_one{"--create-topic", "--partitions", "1", "--replication", "1"};

// Lets the stranger do that with a topic, whether it is there or not.
void allow(const std::string& topic, const std::vector<rd_kafka_AclOperation_t>& operations) {
  const cerk::kafka_options options{.brokers = kafka_brokers(), .topic = topic};
  const auto with = cerk::kafka::make_consumer(options);
  char why[512];
  std::vector<rd_kafka_AclBinding_t*> rules;
  for (const auto operation : operations)
    rules.push_back(rd_kafka_AclBinding_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str(),
                                            RD_KAFKA_RESOURCE_PATTERN_LITERAL, "User:stranger", "*",
                                            operation, RD_KAFKA_ACL_PERMISSION_TYPE_ALLOW, why,
                                            sizeof why));
  const cerk::kafka::queue answers{rd_kafka_queue_new(with.get())};
  rd_kafka_CreateAcls(with.get(), rules.data(), rules.size(), nullptr, answers.get());
  auto* answer = rd_kafka_queue_poll(answers.get(), 10'000);
  CAF_REQUIRE(answer != nullptr);
  CAF_CHECK_EQUAL(rd_kafka_event_error(answer), RD_KAFKA_RESP_ERR_NO_ERROR);
  rd_kafka_event_destroy(answer);
  rd_kafka_AclBinding_destroy_array(rules.data(), rules.size());
}

struct fixture : cli_fixture {
  // A topic of this test, and of this run.
  static std::string name(const char* of) {
    return std::string{of} + std::to_string(getpid());
  }

  auto on(const std::string& topic, const arguments& what) const {
    auto got = cerk(what + arguments{"--store", "kafka:" + topic});
    CAF_CHECK(got.out.find(password) == std::string::npos);
    CAF_CHECK(got.err.find(password) == std::string::npos);
    return got;
  }

  // Runs what has to fail, in time and with these words.
  void refused(const std::string& topic, const arguments& what,
               const std::vector<std::string>& words) const {
    const auto started = std::chrono::steady_clock::now();
    const auto got = on(topic, what);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
    CAF_MESSAGE("after " << took.count() << " s: " << got.err);
    CAF_CHECK_EQUAL(got.code, 1);
    CAF_CHECK_EQUAL(got.out, "");
    CAF_CHECK(took < 30s);
    // The last line is the command's own.
    const auto lines = lines_of(got.err);
    CAF_REQUIRE(!lines.empty());
    for (const auto& some : words)
      CAF_CHECK_NOT_EQUAL(lines.back().find(some), std::string::npos);
  }

  // A topic that the user `cerk` made and put three events into.
  std::string filled(const char* of) const {
    auto topic = name(of);
    CAF_REQUIRE_EQUAL(on(topic, arguments{"fill", "-n", "3"} + made_for_one + login("cerk")).code,
                      0);
    return topic;
  }

  // Brokers learn of ACLs in their own time.
  bool works(const std::string& topic, const arguments& what) const {
    return comes_true([&] { return on(topic, what + login("stranger")).code == 0; });
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(kafka_security, fixture)

CAF_TEST(a_topic_behind_tls_and_a_login_is_made_filled_and_read) {
  const auto topic = name("all");
  const auto imported = on(topic, arguments{"import", go_users, "--create-topic", "--partitions",
                                            "4", "--replication", "1"}
                                    + login("cerk"));
  CAF_REQUIRE_EQUAL(imported.code, 0);
  CAF_CHECK_EQUAL(imported.member("records"), 1200);
  CAF_REQUIRE_EQUAL(setenv("CERK_TEST_PASSWORD", password.c_str(), 1), 0);
  const auto got = on(topic, arguments{"replay"} + login("cerk", "@env:CERK_TEST_PASSWORD"));
  CAF_REQUIRE_EQUAL(unsetenv("CERK_TEST_PASSWORD"), 0);
  CAF_CHECK_EQUAL(got.code, 0);
  CAF_CHECK_EQUAL(got.member("aggregates"), 312);
  CAF_CHECK_EQUAL(got.member("state_hash"),
                  on(topic, {"replay", "-b", kafka_brokers()}).member("state_hash"));
}

CAF_TEST(a_wrong_password_is_refused_as_that) {
  refused(name("any"), arguments{"replay"} + login("cerk", "wrong"),
          {"not authorised", "Authentication failed", "check sasl.mechanism, sasl.username and"});
}

CAF_TEST(a_certificate_that_nobody_vouches_for_is_refused_as_that) {
  // Where none is named the machine's authorities count, and they do not know this one.
  auto anybody = login("cerk");
  std::erase(anybody, "ssl.ca.location=" + kafka_file("ca.pem"));
  anybody.erase(std::find(anybody.begin() + 4, anybody.end(), "-X"));
  refused(name("any"), arguments{"replay"} + anybody,
          {"no TLS connection", "certificate", "check ssl.ca.location"});
}

CAF_TEST(a_user_without_rights_is_told_that_it_lacks_them) {
  const auto topic = filled("closed");
  refused(topic, arguments{"replay"} + login("stranger"),
          {"not authorised", "Topic authorization failed", "ACL", "docs/operating.md"});
  refused(name("none"), arguments{"fill", "-n", "1"} + made_for_one + login("stranger"),
          {"making the topic", "not authorised", "ACL", "docs/operating.md"});
}

CAF_TEST(a_missing_topic_is_told_with_how_to_make_it) {
  refused(name("missing"), arguments{"replay"} + login("cerk"),
          {"the topic does not exist", "make it with --create-topic"});
}

CAF_TEST(brokers_that_do_not_answer_are_told_with_what_to_look_at) {
  refused(name("any"), {"replay", "-b", "127.0.0.1:1"},
          {"no answer from 127.0.0.1:1", "Connection refused", "check the address (-b)"});
  // One that listens, but in another language.
  refused(name("any"), {"replay", "-b", kafka_says("bootstrap.secure")},
          {"no answer from", "SSL listener", "wants another security.protocol"});
}

CAF_TEST(a_secret_is_not_among_the_log_lines_either) {
  const auto topic = filled("talkative");
  for (const auto& secret : {"@file:" + kafka_file("password"), password}) {
    const auto got
      = on(topic, arguments{"replay", "-X", "debug=all"} + login("cerk", secret)); // checks that
    CAF_CHECK_EQUAL(got.code, 0);
    CAF_CHECK(got.says("sasl.username")); // they are the lines that might have it
  }
}

CAF_TEST(who_may_read_may_restore_and_not_append) {
  const auto topic = filled("read");
  allow(topic, {RD_KAFKA_ACL_OPERATION_READ});
  CAF_CHECK(works(topic, {"replay"}));
  CAF_CHECK(works(topic, {"export"}));
  const auto got = on(topic, arguments{"replay"} + login("stranger"));
  CAF_CHECK_EQUAL(got.member("events"), 3);
  CAF_CHECK(got.says("its settings may not be read"));
  refused(topic, arguments{"fill", "-n", "1"} + login("stranger"),
          {"the claim was not stored", "not authorised", "ACL"});
  allow(topic, {RD_KAFKA_ACL_OPERATION_DESCRIBE_CONFIGS});
  CAF_CHECK(comes_true([&] {
    return !on(topic, arguments{"replay"} + login("stranger")).says("its settings may not be read");
  }));
}

CAF_TEST(who_may_read_and_write_may_append) {
  const auto topic = filled("write");
  allow(topic, {RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_OPERATION_WRITE});
  CAF_CHECK(works(topic, {"fill", "-n", "3"}));
  CAF_CHECK_EQUAL(on(topic, arguments{"replay"} + login("stranger")).member("events"), 6);
}

CAF_TEST(who_may_also_create_may_make_the_topic) {
  const auto topic = name("create");
  allow(topic,
        {RD_KAFKA_ACL_OPERATION_CREATE, RD_KAFKA_ACL_OPERATION_READ, RD_KAFKA_ACL_OPERATION_WRITE});
  CAF_CHECK(works(topic, arguments{"fill", "-n", "3"} + made_for_one));
}

CAF_TEST_FIXTURE_SCOPE_END()
