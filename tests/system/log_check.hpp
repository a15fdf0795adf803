/// What clients were told, held against the log: the events that take effect, and nothing else, are
/// the truth.
#pragma once

#include "cli_process.hpp"
#include "load.hpp"
#include "repeated.hpp"

#include <unordered_map>
#include <utility>

#include "caf/test/unit_test.hpp"

namespace system_test {

/// What is wrong, a line each, and what was counted.
struct log_findings {
  /// Acknowledged, and not where the receipt says.
  std::vector<std::string> lost{};
  /// One command with two effects, one version twice, or a version left out.
  std::vector<std::string> doubled{};
  /// Decided on a state that was over: a create of what existed, another version than the expected
  /// one, or an order that is not that of the answers.
  std::vector<std::string> stale{};
  /// Answers that the log belies: "nothing was appended", and it takes effect; a refusal that names
  /// a version which never was; an event that nobody sent.
  std::vector<std::string> untrue{};

  std::size_t events = 0;
  std::size_t aggregates = 0;
  std::size_t receipts = 0;
  /// Commands without a receipt of which a try may have taken effect, and those of them that did.
  std::size_t open = 0;
  std::size_t open_in_effect = 0;
  std::size_t claims = 0;
  /// Records without effect, by cause; claims that lost are among them.
  std::map<std::string, std::size_t> voids{};

  std::vector<std::string> all() const {
    std::vector<std::string> together;
    for (const auto* some : {&lost, &doubled, &stale, &untrue})
      together.insert(together.end(), some->begin(), some->end());
    return together;
  }

  std::string summary() const {
    std::string text = std::to_string(events) + " events of " + std::to_string(aggregates)
                       + " aggregates; " + std::to_string(claims) + " claims; "
                       + std::to_string(receipts) + " receipts: " + std::to_string(lost.size())
                       + " lost, " + std::to_string(doubled.size()) + " doubled, "
                       + std::to_string(stale.size()) + " stale, " + std::to_string(untrue.size())
                       + " untrue; open: " + std::to_string(open)
                       + ", of these in effect: " + std::to_string(open_in_effect) + "; void:";
    for (const auto& [cause, count] : voids)
      text += " " + cause + " " + std::to_string(count);
    return text + (voids.empty() ? " none" : "");
  }
};

/// Holds `commands` against a log as `cerk fetch` prints it, from its beginning. Each command makes
/// one event.
class log_check {
public:
  log_check(const std::vector<std::string>& fetched, const std::vector<sent_command>& commands) {
    for (const auto& command : commands)
      sent_.emplace(command.key, &command);
    for (const auto& line : fetched)
      look_at(nlohmann::json::parse(line));
    for (const auto& command : commands)
      look_at(command);
    for (const auto& [id, events] : aggregates_)
      look_at_order(id, events);
    found_.aggregates = aggregates_.size();
  }

  const log_findings& found() const {
    return found_;
  }

private:
  struct effect {
    std::string id;
    std::uint64_t version = 0;
    std::int64_t partition = 0;
    std::int64_t offset = 0;
    const sent_command* of = nullptr;
  };

  void look_at(const nlohmann::json& record) {
    if (!record["effective"].get<bool>()) {
      ++found_.voids[record["reason"]];
      return;
    }
    if (record["key"].is_null()) {
      ++found_.claims;
      return;
    }
    if (record["type"] == "cerk.noop")
      return; // of a strict read
    ++found_.events;
    const auto value = nlohmann::json::parse(record["value"].get<std::string>());
    auto& events = aggregates_[record["key"]];
    effect seen{.id = record["key"],
                .version = events.size() + 1,
                .partition = record["partition"],
                .offset = record["offset"]};
    if (record["version"] != seen.version)
      found_.doubled.push_back("not version " + std::to_string(seen.version) + ": "
                               + record.dump());
    if (!record["command_id"].is_null()) {
      const auto sent = sent_.find(record["command_id"]);
      if (sent == sent_.end())
        found_.untrue.push_back("nobody sent it: " + record.dump());
      else
        look_at(record, value, *sent->second, seen);
    }
    events.push_back(seen);
  }

  void look_at(const nlohmann::json& record, const nlohmann::json& value, const sent_command& of,
               effect& seen) {
    seen.of = &of;
    if (value["version"] != seen.version)
      found_.doubled.push_back("not version " + std::to_string(seen.version) + ": "
                               + record.dump());
    if (!effects_.emplace(of.key, seen).second)
      found_.doubled.push_back("in effect before: " + record.dump());
    if (value["first_name"] != of.body["first_name"])
      found_.untrue.push_back("not what was sent: " + record.dump());
    const bool creates = of.body["type"] == "CreateUserCommand";
    if (creates != (seen.version == 1) || (of.expected != 0 && of.expected + 1 != seen.version))
      found_.stale.push_back("decided on another version: " + record.dump());
    if (of.receipt.empty() && !of.is_open)
      found_.untrue.push_back("was answered " + std::to_string(of.refused) + ": " + record.dump());
  }

  void look_at(const sent_command& command) {
    const auto at = effects_.find(command.key);
    if (command.receipt.empty()) {
      found_.open += command.is_open ? 1 : 0;
      found_.open_in_effect += command.is_open && at != effects_.end() ? 1 : 0;
      if (command.refused == 404 || command.refused == 409 || command.refused == 412)
        look_at_refusal(command);
      return;
    }
    ++found_.receipts;
    const auto receipt = nlohmann::json::parse(command.receipt);
    if (at == effects_.end())
      found_.lost.push_back("not in effect: " + command.receipt);
    else if (const auto& seen = at->second;
             receipt["id"] != seen.id || receipt["version"] != seen.version
             || receipt["partition"] != seen.partition || receipt["offset"] != seen.offset
             || receipt["events"] != nlohmann::json{command.key + "-1"})
      found_.lost.push_back("elsewhere: " + command.receipt);
  }

  void look_at_refusal(const sent_command& command) {
    const auto at = aggregates_.find(command.body.value("id", ""));
    const auto versions = at == aggregates_.end() ? 0 : at->second.size();
    if (command.refused_at > versions || (command.refused == 409 && command.refused_at == 0))
      found_.untrue.push_back("refused at version " + std::to_string(command.refused_at)
                              + ", which never was: " + command.body.dump());
  }

  // Who was answered before another was sent comes before it.
  void look_at_order(const std::string& id, const std::vector<effect>& events) {
    auto later_answered = sent_command::clock::time_point::max();
    for (auto at = events.rbegin(); at != events.rend(); ++at) {
      if (at->of == nullptr)
        continue;
      if (at->of->sent > later_answered)
        found_.stale.push_back("version " + std::to_string(at->version) + " of " + id
                               + " was sent after a later one was answered");
      if (!at->of->receipt.empty())
        later_answered = std::min(later_answered, at->of->answered);
    }
  }

  std::unordered_map<std::string, const sent_command*> sent_;
  std::unordered_map<std::string, effect> effects_; // by key
  std::map<std::string, std::vector<effect>> aggregates_;
  log_findings found_;
};

/// Reads the log at `where`, flags of `cerk`, and holds `commands` against it. Whatever is wrong is
/// an error of the test that runs.
inline log_findings check_log(const cli_fixture& with, const std::vector<std::string>& where,
                              const std::vector<sent_command>& commands) {
  const auto run = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), where.begin(), where.end());
    return with.cerk(arguments);
  };
  const auto fetched = run({"fetch", "--all", "-o", "ndjson"});
  if (fetched.code != 0)
    CAF_FAIL("cerk fetch: " << fetched.err);
  auto found = log_check{lines_of(fetched.out), commands}.found();
  CAF_MESSAGE(found.summary());
  for (const auto& what : found.all())
    CAF_ERROR(what);
  const auto verified = run({"verify"});
  if (verified.code != 0)
    CAF_ERROR("cerk verify: " << verified.out << verified.err);
  return found;
}

} // namespace system_test
