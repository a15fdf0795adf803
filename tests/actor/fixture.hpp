/// CAF's test coordinator behind a thin fixture of ours: no threads, and a clock that only tests
/// move.
///
/// Include it last: caf/test/dsl.hpp defines the macros `expect`, `allow`, `inject` and `disallow`.
#pragma once

#include <cerk/memory_provider.hpp>

#include "aggregate_actor.hpp"
#include "command_actor.hpp"
#include "front_door.hpp"
#include "producer_actor.hpp"
#include "replay_actor.hpp"
#include "support/account.hpp"

#include <map>
#include <string>
#include <vector>

/// Here, because `inject` is a macro from the next line on.
inline void order(cerk::memory_provider& store, cerk::append_fault fault) {
  store.inject({0}, fault);
}

#include "caf/test/dsl.hpp"

/// Stands in for whatever an actor under test talks to, and keeps what it was told.
struct heard {
  std::vector<std::pair<std::uint64_t, cerk::commit_result>> settled;
  std::size_t settled_messages = 0;
  std::size_t sweeps = 0;
  std::vector<cerk::append_message> appends;
  std::vector<cerk::term_ended> ended;
  std::vector<cerk::term> begun;
  std::size_t all_settled = 0;
  bool answers_settle_all = true;
};

class listener : public caf::event_based_actor {
public:
  listener(caf::actor_config& config, heard* to) : caf::event_based_actor(config), to_(to) {
  }

  caf::behavior make_behavior() override {
    return {
      [this](const cerk::appends_settled& told) {
        ++to_->settled_messages;
        to_->settled.insert(to_->settled.end(), told.results.begin(), told.results.end());
      },
      [this](cerk::sweep_deadlines) { ++to_->sweeps; },
      [this](const cerk::append_message& told) { to_->appends.push_back(told); },
      [this](const cerk::term_ended& told) { to_->ended.push_back(told); },
      [this](const cerk::term_begins& told) { to_->begun.push_back(told.term); },
      [this](cerk::settle_all) {
        if (to_->answers_settle_all)
          cerk::detail::tell(this, caf::actor_cast<caf::actor>(current_sender()),
                             cerk::all_settled{});
      },
      [this](cerk::all_settled) { ++to_->all_settled; },
    };
  }

private:
  heard* to_;
};

/// One partition in memory. Random numbers count up from 1, so the first claim has id 1.
struct actor_fixture : test_coordinator_fixture<> {
  using ms = std::chrono::milliseconds;
  using status = cerk::commit_result::status;
  using fault = cerk::append_fault;

  cerk::memory_options memory{.partitions = 1};
  cerk::repository_options options;
  std::uint64_t randoms = 0;
  std::vector<std::string> phases; // as reported, without repetition
  cerk::restore_progress progress; // the last that was reported
  std::function<void(const std::string&)> on_phase;

  actor_fixture() {
    options.wait_until_restored = false;
    options.environment = {
      .system_now = [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}; },
      .steady_now = [this] { return now(); },
      .random = [this] { return ++randoms; },
    };
    options.on_progress = [this](const cerk::restore_progress& p) {
      progress = p;
      const std::string name{to_string(p.now)};
      if (!phases.empty() && phases.back() == name)
        return;
      phases.push_back(name);
      if (on_phase)
        on_phase(name);
    };
  }

  std::chrono::steady_clock::time_point now() {
    return std::chrono::steady_clock::time_point{sched.clock().current_time.time_since_epoch()};
  }

  // -- the store and the partition, made with the options as they are at first use --

  cerk::memory_provider& log() {
    if (!store_)
      store_ = std::make_unique<cerk::memory_provider>(memory);
    return *store_;
  }

  cerk::repository_shared& shared() {
    if (!shared_) {
      const std::vector tables{bank::accounts.table(), bank::shops.table()};
      shared_ = std::make_shared<cerk::repository_shared>(log(), options, tables);
      shared_->progress.resize(1);
    }
    return *shared_;
  }

  cerk::partition_ptr home() {
    if (!home_) {
      shared();
      home_ = std::make_shared<cerk::partition>(shared_, sys, cerk::partition_id{0});
    }
    return home_;
  }

  /// Ends the actors under test, before what they use is gone.
  template <class... Actors>
  void stop(const Actors&... actors) {
    (cerk::detail::tell_to_stop(actors), ...);
    settle();
    if (home_)
      home_->clear();
    settle();
  }

  // -- time --

  /// Delivers every message that is due, until nobody has one.
  void settle() {
    while (sched.try_run_once())
      ;
  }

  /// Moves the clock in steps; what is due by then is delivered.
  void pass(ms time, ms step = ms{10}) {
    for (ms passed{0}; passed < time; passed += step) {
      advance_time(step);
      settle();
    }
  }

  // -- what tests put in --

  void claim(std::uint64_t id, std::uint64_t replaces) {
    log().append_claim({0}, {.id = {id}, .replaces = {replaces}}, [](const auto&) {});
  }

  static cerk::commit_ptr commit_of(const std::string& id, std::uint64_t expected,
                                    const std::vector<std::string>& texts = {"x"}) {
    auto made = std::make_shared<cerk::commit>();
    made->aggregate_id = id;
    made->expected_version = {expected};
    made->command_id = cerk::command_id::from_key(id + std::to_string(expected));
    for (const auto& text : texts)
      made->events.push_back(
        cerk::event_value(id, "Noted", 0, {++expected}, "\"text\":\"" + text + '"'));
    return made;
  }

  cerk::commit_result write(std::uint64_t owner, const cerk::commit_ptr& c) {
    // Shared: with `hold_answers` the answer comes when this has returned.
    const auto how = std::make_shared<cerk::commit_result>();
    log().append({0}, {owner}, {c}, [how](const auto& results) { *how = results.at(0); });
    return *how;
  }

private:
  std::unique_ptr<cerk::memory_provider> store_;
  std::shared_ptr<cerk::repository_shared> shared_;
  cerk::partition_ptr home_;
};
