/// One broker goes and comes back while commands are sent: none that was acknowledged is lost, each
/// is answered in time, and service resumes by itself.
#pragma once

#include "topic_writers.hpp"

namespace system_test {

/// Sends a command again and again while its partition claims anew or does not answer.
inline answer send_until_known(http_client& client, sent_command& command) {
  answer got;
  comes_true([&] {
    got = client.post(command.body.dump(), command.head());
    return got.status != 503 && got.status != 504;
  });
  command.answered = sent_command::clock::now();
  return got;
}

/// Sends until each partition has accepted something; returns what was sent.
inline std::vector<sent_command>
reach_every_partition(const topic_writer& writer, const std::string& name, std::size_t partitions,
                      std::mt19937_64& random) {
  std::vector<sent_command> sent;
  std::map<std::int64_t, std::size_t> reached;
  auto client = writer.client();
  while (reached.size() < partitions && sent.size() < 100) {
    const auto id = name + "-" + std::to_string(sent.size());
    sent_command command{.key = random_uuid(random),
                         .body = nlohmann::json::parse(create_body(id, id, "B"))};
    command.sent = sent_command::clock::now();
    const auto got = send_until_known(client, command);
    CAF_CHECK_EQUAL(got.status, 200u);
    if (got.status == 200)
      ++reached[nlohmann::json::parse(command.receipt = got.body)["partition"]];
    command.is_open = got.status == 504;
    sent.push_back(std::move(command));
  }
  CAF_CHECK_EQUAL(reached.size(), partitions);
  return sent;
}

struct outage_plan {
  int replication = 1;
  /// Of cerk-writer.
  std::string delivery_timeout = "30s";
  /// The broker of each round, and how it goes: "stop-broker" or "kill-broker".
  std::vector<std::pair<std::string, std::string>> rounds;
};

inline log_findings go_through_outages(const topic_fixture& on, const outage_plan& plan) {
  constexpr int partitions = 4;
  constexpr auto command_timeout = 3s;
  constexpr auto slack = 10s; // answers come 100 ms late at most; brokers that start keep this busy
  std::mt19937_64 random{seed_of_this_run()};
  const auto writer
    = on.start({"--command-timeout", "3s", "--delivery-timeout", plan.delivery_timeout}, partitions,
               plan.replication);
  std::vector<sent_command> all;
  for (const auto& [broker, how] : plan.rounds) {
    const auto name = "r" + std::to_string(all.size());
    load run{clients_of(name, 8, {writer->address()}, {name + "-0", name + "-1"}, random)};
    CAF_REQUIRE(comes_true([&] { return run.accepted() > 200; }));
    const auto went = sent_command::clock::now();
    operate({how, broker});
    std::this_thread::sleep_for(2s);
    operate({"start-broker", broker});
    const auto came = sent_command::clock::now();
    const auto before = run.accepted();
    const bool resumed = comes_true([&] { return run.accepted() > before + 200; }, 60s);
    if (!resumed)
      CAF_FAIL("no service after the broker came back: " << writer->log());
    run.stop();
    check_oddities(run);
    const auto sent = run.sent();
    const auto in_ms = [](sent_command::clock::duration time) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    };
    auto first = sent_command::clock::time_point::max();
    for (const auto& command : sent)
      if (!command.receipt.empty() && command.answered >= came)
        first = std::min(first, command.answered);
    CAF_MESSAGE(how << ' ' << broker << ": away for " << in_ms(came - went)
                    << " ms, longest gap without a commit in a partition "
                    << longest_gap(sent).count() << " ms, the first one " << in_ms(first - came)
                    << " ms after it was back; answered " << to_string(run.statuses())
                    << ", at the latest after " << run.slowest().count() << " ms");
    CAF_CHECK(longest_gap(sent) <= (came - went) + 15s);
    CAF_CHECK(run.slowest() <= command_timeout + slack);
    CAF_CHECK(!run.statuses().contains(0));
    all.insert(all.end(), sent.begin(), sent.end());
    const auto after = reach_every_partition(*writer, name + "after", partitions, random);
    all.insert(all.end(), after.begin(), after.end());
  }
  // Each command whose end nobody knew takes effect now, or took effect then.
  auto client = writer->client();
  for (auto& command : all)
    if (command.is_open && command.receipt.empty() && !command.is_shared) {
      const auto again = send_until_known(client, command);
      CAF_CHECK_EQUAL(again.status, 200u);
      command.receipt = again.body;
    }
  CAF_CHECK_EQUAL(writer->stop(), 0);
  return check_log(on.cli, on.where, all);
}

} // namespace system_test
