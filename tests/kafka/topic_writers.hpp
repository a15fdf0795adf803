/// cerk-writers on one topic, and what their operator can do to them and to the brokers.
#pragma once

#include "support/kafka_cluster.hpp"
#include "system/log_check.hpp"

namespace system_test {

/// One of several writers on a topic.
class topic_writer {
public:
  topic_writer(const std::string& topic, std::vector<std::string> flags)
    : process_(directory_, "kafka:" + topic, std::move(flags)) {
    if (!process_.wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << process_.log());
  }

  const std::string& address() const {
    return process_.address();
  }

  http_client client() const {
    return process_.client();
  }

  void signal(int number) const {
    process_.signal(number);
  }

  int stop() {
    return process_.stop();
  }

  std::string log() const {
    return process_.log();
  }

  /// Whether each of its partitions is in this phase.
  bool is(const std::string& phase) const {
    const auto now = nlohmann::json::parse(client().get("/readyz").body);
    return std::all_of(now["partitions"].begin(), now["partitions"].end(),
                       [&](const auto& partition) { return partition["phase"] == phase; });
  }

  void wait_until(const std::string& phase) const {
    const auto is_so = [&] {
      // Who has nothing to append does not find out that it was fenced.
      if (phase == "fenced")
        ask_every_partition();
      return is(phase);
    };
    if (!comes_true(is_so))
      CAF_FAIL("not " << phase << ": " << client().get("/readyz").body << log());
  }

  /// As an operator does who knows that it is fenced.
  void take_over() const {
    wait_until("fenced");
    signal(SIGUSR1);
    wait_until("serving");
  }

private:
  void ask_every_partition() const {
    auto to_it = client();
    for (int i = 0; i < 16; ++i)
      to_it.get("/aggregates/any-" + std::to_string(i) + "?strict=true");
  }

  temporary_directory directory_;
  writer_process process_;
};

/// A fresh topic on the test's cluster.
struct topic_fixture {
  std::string topic;
  std::vector<std::string> where;
  cli_fixture cli;

  topic_fixture() {
    static int count = 0;
    topic = "f" + std::to_string(getpid()) + '-' + std::to_string(++count);
    where = {"--store", "kafka:" + topic, "-b", kafka_brokers()};
  }

  /// Starts a writer; the first one makes the topic.
  std::unique_ptr<topic_writer> start(std::vector<std::string> flags, int partitions = 4,
                                      int replication = 1) const {
    flags.insert(flags.end(),
                 {"-b", kafka_brokers(), "--create-topic", "--partitions",
                  std::to_string(partitions), "--replication", std::to_string(replication)});
    return std::make_unique<topic_writer>(topic, std::move(flags));
  }
};

/// `./dev kafka …` on the test's cluster.
inline void operate(std::vector<std::string> arguments) {
  const temporary_directory directory;
  arguments.insert(arguments.begin(), {"/bin/bash", CERK_DEV, "kafka"});
  process run{arguments, {.stderr_file = directory / "err"}};
  const auto ended = run.wait(150s);
  if (!ended || ended->code != 0)
    CAF_FAIL("./dev kafka " << arguments[3] << ": " << content_of(directory / "err"));
}

/// The longest time between two receipts of one partition.
inline std::chrono::milliseconds longest_gap(const std::vector<sent_command>& commands) {
  std::map<std::int64_t, std::vector<sent_command::clock::time_point>> partitions;
  for (const auto& command : commands)
    if (!command.receipt.empty())
      partitions[nlohmann::json::parse(command.receipt)["partition"]].push_back(command.answered);
  sent_command::clock::duration longest{};
  for (auto& [partition, times] : partitions) {
    std::sort(times.begin(), times.end());
    for (std::size_t i = 1; i < times.size(); ++i)
      longest = std::max(longest, times[i] - times[i - 1]);
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

/// Clients that go from one address to the next.
inline std::vector<client_options>
clients_of(const std::string& name, int count, const std::vector<std::string>& addresses,
           const std::vector<std::string>& shared, std::mt19937_64& random) {
  std::vector<client_options> all;
  for (int c = 0; c < count; ++c)
    all.push_back({.name = name + "-" + std::to_string(c),
                   .addresses = addresses,
                   .shared = shared,
                   .seed = random()});
  return all;
}

inline void check_oddities(const load& of) {
  for (const auto& oddity : of.oddities())
    CAF_ERROR(oddity);
}

} // namespace system_test
