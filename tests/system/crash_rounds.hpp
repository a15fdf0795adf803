/// kill -9 at a random moment under load, again and again, on any store: what was acknowledged is
/// there, once.
#pragma once

#include "log_check.hpp"

namespace system_test {

struct crash_plan {
  /// As cerk-writer and cerk take it, and the flags that belong to it.
  std::string store;
  std::vector<std::string> store_flags;
  int rounds = 0;
  int clients = 32;
};

/// Everything is counted at the end, in the log; whatever one round lost is missing there.
inline void crash_again_and_again(const crash_plan& plan) {
  std::mt19937_64 random{seed_of_this_run()};
  const cli_fixture cli;
  const temporary_directory directory;
  std::vector<sent_command> all;
  auto service = std::make_unique<writer_process>(directory, plan.store, plan.store_flags);
  for (int round = 1; round <= plan.rounds; ++round) {
    if (!service->wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << service->log());

    // -- load, and the end of it --
    const auto of_round = "r" + std::to_string(round);
    std::vector<client_options> clients;
    for (int c = 0; c < plan.clients; ++c)
      clients.push_back({.name = of_round + "c" + std::to_string(c),
                         .addresses = {service->address()},
                         .shared = {of_round + "-hot"},
                         .seed = random(),
                         .ends_when_lost = true});
    load clients_run{std::move(clients)};
    std::this_thread::sleep_for(
      std::chrono::milliseconds{std::uniform_int_distribution{20, 250}(random)});
    service->kill();
    clients_run.wait();
    for (const auto& oddity : clients_run.oddities())
      CAF_ERROR(oddity);
    const auto statuses = clients_run.statuses();
    CAF_CHECK(!statuses.contains(503) && !statuses.contains(504));

    // -- what the next process knows --
    service = std::make_unique<writer_process>(directory, plan.store, plan.store_flags);
    if (!service->wait_until_ready())
      CAF_FAIL("cerk-writer does not serve: " << service->log());
    auto client = service->client();
    auto sent = clients_run.sent();
    std::map<std::string, std::uint64_t> versions;
    for (const auto& command : sent) {
      if (command.receipt.empty())
        continue;
      const auto receipt = nlohmann::json::parse(command.receipt);
      const std::string id = receipt["id"];
      if (!versions.contains(id))
        versions[id] = client.get("/aggregates/" + id).json()["version"];
      const auto later
        = static_cast<std::int64_t>(versions[id]) - receipt["version"].get<std::int64_t>();
      if (later < 0)
        CAF_ERROR(id << " is at version " << versions[id] << " after " << command.receipt);
      if (later < 32) // an aggregate remembers its last 32 commands
        if (const auto again = client.post(command.body.dump(), command.head());
            again.body != command.receipt)
          CAF_ERROR("another receipt: " << again.body << " for " << command.receipt);
    }
    CAF_CHECK_EQUAL(metric(client, "cerk_events_appended_total"), 0);
    std::size_t open = 0;
    std::size_t refused = 0;
    for (auto& command : sent) {
      if (!command.is_open)
        continue;
      ++open;
      const auto again = client.post(command.body.dump(), command.head());
      command.answered = sent_command::clock::now();
      if (again.status == 200)
        command.receipt = again.body;
      else if (command.is_shared && (again.status == 409 || again.status == 412))
        ++refused;
      else
        CAF_ERROR("an open command: " << again.status << ' ' << again.body);
    }
    const auto appended = static_cast<std::size_t>(metric(client, "cerk_events_appended_total"));
    CAF_MESSAGE("round " << round << ": " << clients_run.accepted() << " acknowledged, " << open
                         << " open: " << open - refused - appended << " had landed, " << refused
                         << " came too late");
    all.insert(all.end(), sent.begin(), sent.end());
  }
  CAF_CHECK_EQUAL(service->stop(), 0);

  auto where = plan.store_flags;
  where.insert(where.end(), {"--store", plan.store});
  check_log(cli, where, all);
}

} // namespace system_test
