/// One aggregate on a stage: commands by name, the log's words by hand, answers as text.
#pragma once

#include "aggregate_core.hpp"
#include "support/account.hpp"

#include <map>
#include <string>
#include <vector>

/// What a command may bring besides itself. Outside the scene: clang wants default initializers
/// complete before they are used for a default argument.
struct command_options {
  std::optional<cerk::version> expected{};
  std::chrono::milliseconds timeout{10'000};
  bool strict = false;
  bool has_key = true;
  std::string correlation_id{};
  cerk::metadata metadata{};
};

struct core_scene {
  using ms = std::chrono::milliseconds;
  using status = cerk::commit_result::status;

  cerk::registry types{std::vector{bank::accounts.table(), bank::shops.table()}};
  cerk::core_settings settings{.types = &types,
                               .partition = {0},
                               .event_bytes_max = 1 << 16,
                               .command_ids_max = 32,
                               .decide_again_max = 3};
  cerk::aggregate_core core{&settings, "a"};

  std::chrono::steady_clock::time_point now{std::chrono::hours{1}};
  cerk::core_effects out;
  /// Everything that went to the log, in order.
  std::vector<cerk::append_request> appends;
  /// By command key, in the order in which they came.
  std::map<std::string, std::vector<cerk::outcome>> answers;
  std::vector<std::string> order; // of answers
  std::map<std::string, int> released;
  std::uint32_t late = 0;
  std::int64_t next_offset = 100;

  // -- commands --

  using with = command_options;

  std::map<const cerk::command_envelope*, std::string> keys;

  template <class Command>
  cerk::command_ptr make(const std::string& key, const Command& command, const with& w) {
    auto envelope = std::make_shared<cerk::command_envelope>();
    for (const auto& aggregate : types.aggregates())
      for (const auto& known : aggregate.commands)
        if (*known.functions.type == typeid(Command))
          envelope->command = &known;
    envelope->aggregate = envelope->command->aggregate;
    envelope->payload = std::make_shared<const Command>(command);
    std::string encoded;
    envelope->command->functions.encode(&command, encoded);
    envelope->digest = cerk::digest_of(envelope->command->name, encoded);
    return finish(key, std::move(envelope), w);
  }

  cerk::command_ptr finish(const std::string& key, std::shared_ptr<cerk::command_envelope> envelope,
                           const with& w) {
    envelope->id = core.id();
    envelope->command_id = cerk::command_id::from_key(key);
    envelope->expected_version = w.expected;
    envelope->strict = w.strict;
    envelope->has_key = w.has_key;
    envelope->time = std::chrono::sys_days{std::chrono::year{2026} / 11 / 23};
    envelope->deadline = now + w.timeout;
    envelope->correlation_id = w.correlation_id;
    envelope->metadata = w.metadata;
    keys[envelope.get()] = key;
    kept.push_back(envelope);
    return envelope;
  }

  template <class Command>
  void take(const std::string& key, const Command& command, const with& w = {}) {
    core.take(make(key, command, w), now, out);
    perform();
  }

  /// What a unit of work sends: these deposits, decided by nobody.
  void save(const std::string& key, const std::vector<std::int64_t>& amounts, const with& w) {
    auto envelope = std::make_shared<cerk::command_envelope>();
    envelope->aggregate = &types.aggregates()[0];
    for (const auto amount : amounts)
      envelope->events.push_back({1, "\"amount\":" + std::to_string(amount)});
    core.take(finish(key, std::move(envelope), w), now, out);
    perform();
  }

  // -- the log's words --

  void settle(std::size_t append, cerk::commit_result how) {
    core.settled(appends.at(append).sequence, std::move(how), out);
    perform();
  }

  void committed(std::size_t append) {
    next_offset += static_cast<std::int64_t>(appends.at(append).commit->events.size());
    settle(append, {.ended = status::committed, .last = {next_offset - 1}});
  }

  void refused(std::size_t append) {
    settle(append, {.ended = status::refused, .failure = {cerk::errc::unavailable, "disk full"}});
  }

  void conflict(std::size_t append, std::uint64_t actual) {
    settle(append, {.ended = status::conflict, .actual = {actual}});
  }

  void unknown(std::size_t append) {
    settle(append, {.ended = status::unknown, .failure = {cerk::errc::unknown, "gone"}});
  }

  void fenced(std::size_t append) {
    settle(append, {.ended = status::fenced});
  }

  void sweep_after(ms time) {
    now += time;
    core.sweep(now, out);
    perform();
  }

  void abandon() {
    core.abandon(out);
    perform();
  }

  // -- what came of it --

  /// The answer as text; "none" while it waits, all of them behind each other if there are several.
  std::string answer(const std::string& key) const {
    const auto found = answers.find(key);
    if (found == answers.end())
      return "none";
    std::string text;
    for (const auto& each : found->second)
      text += (text.empty() ? "" : " / ") + to_string(each);
    return text;
  }

  const cerk::receipt& receipt(const std::string& key) const {
    return *answers.at(key).back().get_receipt();
  }

  std::uint64_t version() const {
    return core.committed_version().value;
  }

  const bank::account& state() const {
    return *static_cast<const bank::account*>(core.committed_state().get());
  }

  /// An account with this balance, everything durable.
  void open_with(std::int64_t balance) {
    take("opening", bank::open{"Ada"});
    committed(appends.size() - 1);
    if (balance == 0)
      return;
    take("first deposit", bank::deposit{balance});
    committed(appends.size() - 1);
  }

private:
  void perform() {
    appends.insert(appends.end(), out.appends.begin(), out.appends.end());
    for (auto& [command, answer] : out.answers) {
      answers[keys.at(command.get())].push_back(answer);
      order.push_back(keys.at(command.get()));
    }
    for (const auto& command : out.released)
      ++released[keys.at(command.get())];
    late += out.late;
    out.clear();
  }

  std::vector<cerk::command_ptr> kept; // so that no two have one address
};
