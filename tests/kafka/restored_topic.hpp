/// A topic full of accounts, and what is known of each of them without cerk's fold.
#pragma once

#include <cerk/cerk.hpp>
#include <cerk/kafka_provider.hpp>

#include "support/account.hpp"
#include "support/kafka_cluster.hpp"

#include <map>
#include <random>

/// Deposits in turn, as the Go library would write them: `events` of them over `accounts` ids.
class restored_topic {
public:
  struct account {
    std::uint64_t version = 0;
    std::int64_t balance = 0;
  };

  restored_topic(std::int32_t partitions, int events, int accounts)
    : options_(fresh_topic(partitions)), records_(static_cast<std::size_t>(partitions)) {
    for (int i = 0; i < events; ++i) {
      const auto id = "a" + std::to_string(i % accounts);
      add(id, R"("amount":)" + std::to_string(i));
      auto& known = accounts_[id];
      ++known.version;
      known.balance += i;
    }
  }

  /// Adds an event whose amount is no number; nothing is known of its account from then on.
  cerk::stored_event add_undecodable(const std::string& id) {
    accounts_.erase(id);
    const auto at = add(id, R"("amount":"five")");
    return {.partition = at.first, .offset = at.second};
  }

  /// Moves what was added so far into the topic.
  void write() {
    cerk::kafka_provider store{options_};
    for (std::size_t p = 0; p < records_.size(); ++p)
      store.append_verbatim({static_cast<std::int32_t>(p)}, std::exchange(records_[p], {})).value();
  }

  const cerk::kafka_options& options() const noexcept {
    return options_;
  }

  const std::map<std::string, account>& accounts() const noexcept {
    return accounts_;
  }

private:
  std::pair<cerk::partition_id, cerk::offset> add(const std::string& id,
                                                  const std::string& fields) {
    const auto home
      = cerk::partition_of(id, static_cast<std::int32_t>(records_.size()), options_.partitioner);
    auto& there = records_[static_cast<std::size_t>(home.value)];
    there.push_back(
      {.key = id, .value = R"({"id":")" + id + R"(","type":"Deposited",)" + fields + '}'});
    return {home, {written_[home.value]++}};
  }

  cerk::kafka_options options_;
  std::vector<std::vector<cerk::record>> records_; // by partition
  std::map<std::int32_t, std::int64_t> written_;
  std::map<std::string, account> accounts_;
};
