/// Clients that send commands and remember every answer: what a log has to agree with afterwards.
///
///     create ─┐                            200 ─► receipt
///     update ─┼─► one at a time, each ───► 4xx ─► refused
///     racing ─┘   until it has a word      503 ─► again, at the next address
///                                          504, or nothing ─► open: again with the same key
#pragma once

#include "writer_process.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <map>
#include <random>
#include <stop_token>
#include <thread>

namespace system_test {

/// A command as it was sent, and what is known of it.
struct sent_command {
  using clock = std::chrono::steady_clock;

  /// A UUID, so that the log shows it as the command id.
  std::string key;
  nlohmann::json body;
  /// The version in `If-Match`; 0: none was sent.
  std::uint64_t expected = 0;
  /// Others change this aggregate too.
  bool is_shared = false;

  /// The body of a 200; empty without one.
  std::string receipt{};
  /// The status of a refusal, and the version that it names.
  unsigned refused = 0;
  std::uint64_t refused_at = 0;
  /// Some try may have taken effect without a word.
  bool is_open = false;
  clock::time_point sent{};     // the first try
  clock::time_point answered{}; // the last one

  fields head() const {
    fields all{{"Idempotency-Key", key}};
    if (expected != 0)
      all.emplace_back("If-Match", '"' + std::to_string(expected) + '"');
    return all;
  }

  /// Whether another try has one effect at most, however much came between: a writer remembers only
  /// an aggregate's last commands.
  bool may_be_sent_again() const {
    return !is_shared || expected != 0 || body["type"] == "CreateUserCommand";
  }
};

/// Random bits as a UUID.
inline std::string random_uuid(std::mt19937_64& random) {
  std::array<char, 40> text{};
  const auto high = random();
  const auto low = random();
  std::snprintf(text.data(), text.size(), "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32), static_cast<unsigned>(high >> 16 & 0xffff),
                static_cast<unsigned>(high & 0xffff), static_cast<unsigned>(low >> 48),
                static_cast<unsigned long long>(low & 0xffff'ffff'ffff));
  return text.data();
}

struct client_options {
  /// Its ids and names begin with it.
  std::string name;
  /// Of writers. It begins with the first and goes on to the next when one cannot serve.
  std::vector<std::string> addresses;
  /// Ids that others change too.
  std::vector<std::string> shared;
  std::uint64_t seed = 0;
  /// A lost connection is the end; otherwise it connects again.
  bool ends_when_lost = false;
};

/// One client, with one command under way at a time.
class load_client {
public:
  explicit load_client(client_options options)
    : options_(std::move(options)), random_(options_.seed) {
  }

  void run(const std::stop_token& stop, std::atomic<std::uint64_t>& accepted) {
    try {
      while (!stop.stop_requested()) {
        sent_.push_back(next());
        settle(sent_.back(), stop);
        if (sent_.back().receipt.empty())
          continue;
        ++accepted;
        learn(sent_.back());
        if (chance(15))
          ask_again(sent_.back());
      }
    } catch (const connection_lost&) {
    }
  }

  const std::vector<sent_command>& sent() const {
    return sent_;
  }
  /// How often each status was answered; 0: no answer.
  const std::map<unsigned, std::size_t>& statuses() const {
    return statuses_;
  }
  /// What no service may answer.
  const std::vector<std::string>& oddities() const {
    return oddities_;
  }
  /// The longest that an answer took.
  std::chrono::milliseconds slowest() const {
    return slowest_;
  }

private:
  bool chance(int percent) {
    return std::uniform_int_distribution{0, 99}(random_) < percent;
  }

  template <class T>
  const T& one_of(const std::vector<T>& all) {
    return all[random_() % all.size()];
  }

  // Creates of its own, updates of these, and for ids that all fight for both, with and without a
  // version.
  sent_command next() {
    const auto name = options_.name + "-" + std::to_string(sent_.size());
    sent_command made{.key = random_uuid(random_),
                      .body = {{"first_name", name}, {"last_name", "B"}}};
    made.is_shared = !options_.shared.empty() && chance(30);
    if (made.is_shared) {
      const auto& id = one_of(options_.shared);
      const auto known = versions_.find(id);
      made.body["id"] = id;
      if (known == versions_.end() || chance(5)) {
        made.body["type"] = "CreateUserCommand";
      } else {
        made.body["type"] = "UpdateUserCommand";
        made.expected = chance(50) ? known->second : 0;
      }
    } else if (own_.empty() || chance(50)) {
      made.body["type"] = "CreateUserCommand";
      if (!chance(10)) // the others get the id that their key stands for
        made.body["id"] = name;
    } else {
      made.body["type"] = "UpdateUserCommand";
      made.body["id"] = one_of(own_);
    }
    return made;
  }

  // Sends until there is a word that lasts, or no use in going on.
  void settle(sent_command& command, const std::stop_token& stop) {
    command.sent = sent_command::clock::now();
    for (;;) {
      const auto got = try_once(command);
      command.answered = sent_command::clock::now();
      switch (got.status) {
        case 200:
          command.receipt = got.body;
          return;
        case 404:
        case 409:
        case 412:
          command.refused = got.status;
          command.refused_at = got.json()["version"];
          versions_[command.body.value("id", "")] = command.refused_at;
          return;
        case 0:
        case 504:
          command.is_open = true;
          if (!command.may_be_sent_again())
            return;
          break;
        case 429:
        case 503:
          // Another command may lie in a partition that is served.
          if (!command.is_open && chance(50)) {
            command.refused = got.status;
            return go_elsewhere();
          }
          break;
        default:
          oddities_.push_back(std::to_string(got.status) + " " + got.body);
          return;
      }
      if (stop.stop_requested())
        return;
      go_elsewhere();
    }
  }

  void go_elsewhere() {
    if (options_.addresses.size() > 1)
      client_ = nullptr;
    ++address_;
    std::this_thread::sleep_for(20ms); // as a client would, not to flood who cannot serve
  }

  // Status 0: no answer.
  answer try_once(const sent_command& command) {
    const auto from = sent_command::clock::now();
    answer got;
    try {
      if (!client_)
        client_
          = std::make_unique<http_client>(options_.addresses[address_ % options_.addresses.size()]);
      got = client_->post(command.body.dump(), command.head());
    } catch (const connection_lost&) {
      client_ = nullptr;
      if (options_.ends_when_lost) {
        sent_.back().is_open = true;
        throw;
      }
    }
    slowest_ = std::max(slowest_, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    sent_command::clock::now() - from));
    ++statuses_[got.status];
    return got;
  }

  void learn(const sent_command& command) {
    const auto receipt = nlohmann::json::parse(command.receipt);
    versions_[receipt["id"]] = receipt["version"];
    if (!command.is_shared && command.body["type"] == "CreateUserCommand")
      own_.push_back(receipt["id"]);
  }

  void ask_again(const sent_command& command) {
    // One of an aggregate that others change may be forgotten by now.
    if (command.is_shared)
      return;
    if (const auto again = try_once(command); again.status == 200 && again.body != command.receipt)
      oddities_.push_back("another receipt for the same key: " + again.body + " after "
                          + command.receipt);
  }

  client_options options_;
  std::mt19937_64 random_;
  std::unique_ptr<http_client> client_;
  std::size_t address_ = 0;
  std::vector<std::string> own_;
  std::map<std::string, std::uint64_t> versions_; // as last heard
  std::vector<sent_command> sent_;
  std::map<unsigned, std::size_t> statuses_;
  std::vector<std::string> oddities_;
  std::chrono::milliseconds slowest_{};
};

/// Clients on threads of their own, from construction until `stop` or, if that is their end, until
/// their connections are lost.
class load {
public:
  explicit load(std::vector<client_options> of) {
    for (auto& one : of)
      clients_.emplace_back(std::move(one));
    for (auto& client : clients_)
      threads_.emplace_back(
        [this, &client](const std::stop_token& stop) { client.run(stop, accepted_); });
  }

  ~load() {
    stop();
  }

  load(const load&) = delete;
  load& operator=(const load&) = delete;

  /// Each client finishes the try that is under way.
  void stop() {
    for (auto& thread : threads_)
      thread.request_stop();
    wait();
  }

  void wait() {
    threads_.clear();
  }

  /// Receipts until now; from any thread.
  std::uint64_t accepted() const {
    return accepted_;
  }

  // -- once it ended --

  std::vector<sent_command> sent() const {
    std::vector<sent_command> all;
    for (const auto& client : clients_)
      all.insert(all.end(), client.sent().begin(), client.sent().end());
    return all;
  }

  std::map<unsigned, std::size_t> statuses() const {
    std::map<unsigned, std::size_t> all;
    for (const auto& client : clients_)
      for (const auto& [status, count] : client.statuses())
        all[status] += count;
    return all;
  }

  std::vector<std::string> oddities() const {
    std::vector<std::string> all;
    for (const auto& client : clients_)
      all.insert(all.end(), client.oddities().begin(), client.oddities().end());
    return all;
  }

  std::chrono::milliseconds slowest() const {
    std::chrono::milliseconds longest{};
    for (const auto& client : clients_)
      longest = std::max(longest, client.slowest());
    return longest;
  }

private:
  std::atomic<std::uint64_t> accepted_ = 0;
  std::vector<load_client> clients_;
  std::vector<std::jthread> threads_;
};

/// "200: 1234, 503: 17"
inline std::string to_string(const std::map<unsigned, std::size_t>& statuses) {
  std::string text;
  for (const auto& [status, count] : statuses)
    text += (text.empty() ? "" : ", ") + std::to_string(status) + ": " + std::to_string(count);
  return text;
}

} // namespace system_test
