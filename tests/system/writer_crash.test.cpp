// kill -9 at a random moment under load, again and again: what was acknowledged is there, once.
#define CAF_SUITE writer_crash

#include "writer_process.hpp"

#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

constexpr int rounds = 20;
constexpr int clients = 32;

// More than the framework allows one test by default.
const bool has_time = (caf::test::engine::max_runtime(280), true);

/// A command as it was sent; `receipt` only if it was acknowledged.
struct sent_command {
  std::string key;
  std::string body;
  std::string receipt{};
};

/// What one client does until its connection is lost.
class load {
public:
  load(int round, int number, std::uint64_t seed)
    : name_("r" + std::to_string(round) + "c" + std::to_string(number)),
      hot_("hot-" + std::to_string(round)),
      random_(seed) {
  }

  void run(http_client client) {
    try {
      for (;;)
        step(client);
    } catch (const connection_lost&) {
    }
  }

  const std::vector<sent_command>& sent() const {
    return sent_;
  }

  const std::vector<std::string>& oddities() const {
    return oddities_;
  }

private:
  void step(http_client& client) {
    const auto name = name_ + "-" + std::to_string(sent_.size());
    const auto dice = std::uniform_int_distribution{0, 99}(random_);
    json body{{"first_name", name}, {"last_name", "B"}};
    if (dice < 45 || own_.empty()) {
      body["type"] = "CreateUserCommand";
      if (dice >= 10) // the others get the id that their key stands for
        body["id"] = name;
    } else {
      body["type"] = "UpdateUserCommand";
      body["id"] = dice < 55 ? hot_ : own_[random_() % own_.size()];
    }
    sent_.push_back({.key = "key-" + name, .body = body.dump()});
    auto& command = sent_.back();
    command.receipt = ask(client, command);
    if (body["type"] == "CreateUserCommand")
      own_.push_back(json::parse(command.receipt)["id"]);
    if (std::uniform_int_distribution{0, 99}(random_) < 15
        && ask(client, command) != command.receipt)
      oddities_.push_back("another receipt for the same key " + command.key);
  }

  std::string ask(http_client& client, const sent_command& command) {
    auto got = client.post(command.body, {{"Idempotency-Key", command.key}});
    if (got.status != 200) {
      oddities_.push_back(std::to_string(got.status) + " " + got.body);
      throw connection_lost("no use in going on");
    }
    return got.body;
  }

  std::string name_;
  std::string hot_;
  std::mt19937_64 random_;
  std::vector<std::string> own_;
  std::vector<sent_command> sent_;
  std::vector<std::string> oddities_;
};

/// Everything that was ever acknowledged: event id and receipt, by aggregate.
using history = std::map<std::string, std::map<std::string, json>>;

// Versions run from 1 without a gap, no event is there twice, and each acknowledged one is where
// its receipt says. Whether that is all there is, is known once each command without an answer was
// sent again: `complete`.
std::size_t check_aggregate(http_client& client, const std::string& id,
                            const std::map<std::string, json>& acknowledged, bool complete) {
  const auto events = all_events(client, id);
  std::map<std::string, json> by_id;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (events[i]["version"] != i + 1)
      CAF_ERROR("a gap in " << id << " before version " << events[i]["version"].dump());
    if (!by_id.emplace(events[i]["id"], events[i]).second)
      CAF_ERROR(id << " has an event twice: " << events[i].dump());
  }
  for (const auto& [event_id, receipt] : acknowledged) {
    const auto found = by_id.find(event_id);
    if (found == by_id.end())
      CAF_ERROR(id << " lost what was acknowledged: " << receipt.dump());
    else if (found->second["version"] != receipt["version"]
             || found->second["offset"] != receipt["offset"])
      CAF_ERROR(id << " has elsewhere what was acknowledged: " << receipt.dump());
  }
  if (complete && by_id.size() != acknowledged.size())
    CAF_ERROR(id << " has " << by_id.size() << " events for " << acknowledged.size()
                 << " commands");
  return events.size();
}

void note(history& all, const std::string& receipt) {
  const auto parsed = json::parse(receipt);
  CAF_CHECK_EQUAL(parsed["events"].size(), 1u);
  all[parsed["id"]][parsed["events"][0]] = parsed;
}

std::uint64_t seed_of_this_run() {
  const char* given = std::getenv("CERK_TEST_SEED");
  return given != nullptr ? std::stoull(given) : std::random_device{}();
}

} // namespace

CAF_TEST(what_was_acknowledged_is_there_exactly_once_after_each_of_20_crashes) {
  const auto seed = seed_of_this_run();
  CAF_MESSAGE("CERK_TEST_SEED=" << seed);
  std::mt19937_64 random{seed};
  const temporary_directory directory;
  const auto store = "sqlite:" + directory / "u.db";
  history all;
  std::size_t unanswered = 0;
  std::size_t landed_unanswered = 0;

  auto service = std::make_unique<writer_process>(directory, store);
  for (int round = 1; round <= rounds; ++round) {
    CAF_REQUIRE(service->wait_until_ready());
    const auto hot = "hot-" + std::to_string(round);
    note(all, service->client().post(create_body(hot, "A", "B")).body);

    // -- load, and the end of it --
    std::vector<load> loads;
    for (int c = 0; c < clients; ++c)
      loads.emplace_back(round, c, random());
    std::vector<std::thread> threads;
    for (auto& one : loads)
      threads.emplace_back(
        [&one, client = service->client()]() mutable { one.run(std::move(client)); });
    std::this_thread::sleep_for(
      std::chrono::milliseconds{std::uniform_int_distribution{20, 250}(random)});
    service->kill();
    for (auto& thread : threads)
      thread.join();

    // -- what the next process knows --
    service = std::make_unique<writer_process>(directory, store);
    CAF_REQUIRE(service->wait_until_ready());
    auto client = service->client();
    history of_round;
    std::vector<const sent_command*> acknowledged;
    std::vector<const sent_command*> open;
    for (const auto& one : loads) {
      for (const auto& oddity : one.oddities())
        CAF_ERROR(oddity);
      for (const auto& command : one.sent()) {
        (command.receipt.empty() ? open : acknowledged).push_back(&command);
        if (!command.receipt.empty())
          note(of_round, command.receipt);
      }
    }
    of_round[hot].merge(all[hot]);
    std::map<std::string, std::size_t> versions;
    for (const auto& [id, receipts] : of_round)
      versions[id] = check_aggregate(client, id, receipts, false);
    for (const auto* command : acknowledged) {
      const auto receipt = json::parse(command->receipt);
      // An aggregate remembers its last 32 commands.
      if (versions[receipt["id"]] - receipt["version"].get<std::size_t>() < 32)
        if (const auto again = client.post(command->body, {{"Idempotency-Key", command->key}});
            again.body != command->receipt)
          CAF_ERROR("another receipt: " << again.body << " for " << command->receipt);
    }
    const auto appended_before = metric(client, "cerk_events_appended_total");
    CAF_CHECK_EQUAL(appended_before, 0);
    for (const auto* command : open) {
      const auto again = client.post(command->body, {{"Idempotency-Key", command->key}});
      CAF_CHECK_EQUAL(again.status, 200u);
      note(of_round, again.body);
    }
    unanswered += open.size();
    landed_unanswered
      += open.size() - static_cast<std::size_t>(metric(client, "cerk_events_appended_total"));
    for (const auto& [id, receipts] : of_round)
      check_aggregate(client, id, receipts, true);
    CAF_MESSAGE("round " << round << ": " << acknowledged.size() << " acknowledged, " << open.size()
                         << " without an answer");
    for (auto& [id, receipts] : of_round)
      all[id].merge(receipts);
  }

  // Nothing of an early round was lost in a late one.
  auto client = service->client();
  std::size_t events = 0;
  for (const auto& [id, receipts] : all)
    events += check_aggregate(client, id, receipts, true);
  CAF_MESSAGE(events << " events of " << all.size() << " aggregates; of " << unanswered
                     << " commands without an answer " << landed_unanswered << " had landed");
  CAF_CHECK_EQUAL(service->stop(), 0);
}
