// A repository as its users have it: on real threads, with real waiting.
#define CAF_SUITE repository

#include <cerk/cerk.hpp>

#include "aggregate_core.hpp"
#include "log_provider.hpp"
#include "support/account.hpp"
#include "support/memory_log.hpp"

#include <caf/policy/work_sharing.hpp>
#include <caf/scheduler/coordinator.hpp>

#include <unistd.h>

#include <filesystem>
#include <future>
#include <numeric>
#include <thread>

#include "caf/test/unit_test.hpp"

using namespace cerk;
using namespace bank;

namespace {

struct fixture {
  actor_system_config config;
  caf::actor_system system{config};
};

class one_act : public caf::event_based_actor {
public:
  one_act(caf::actor_config& config, std::function<void()> act)
    : caf::event_based_actor(config), act_(std::move(act)) {
  }

  caf::behavior make_behavior() override {
    act_();
    return {};
  }

private:
  std::function<void()> act_;
};

// Runs `act` on an actor's thread and waits for it.
template <class F>
auto inside_an_actor(caf::actor_system& system, F act) {
  std::promise<decltype(act())> promise;
  auto future = promise.get_future();
  system.spawn<one_act>([&] { promise.set_value(act()); });
  return future.get();
}

// A store of which one partition brings nothing until it is let through.
class slow_store : public provider {
public:
  slow_store(provider& real, partition_id slow) : real_(real), slow_(slow), info_(real.info()) {
    info_.reading_blocks = true;
  }

  void let_through() {
    lets_through_ = true;
  }

  const provider_info& info() const noexcept override {
    return info_;
  }

  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override {
    auto opened = real_.read(partition, from);
    if (!opened || partition != slow_)
      return opened;
    return std::unique_ptr<record_reader>{
      std::make_unique<slow_reader>(*std::move(opened), lets_through_)};
  }

  void append_claim(partition_id partition, const claim& wanted, claim_done done) override {
    real_.append_claim(partition, wanted, std::move(done));
  }

  void append(partition_id partition, term owner, std::vector<commit_ptr> commits,
              append_done done) override {
    real_.append(partition, owner, std::move(commits), std::move(done));
  }

  void read_aggregate(partition_id partition, std::string id, version after, std::size_t events_max,
                      events_done done) override {
    real_.read_aggregate(partition, std::move(id), after, events_max, std::move(done));
  }

  result<void> append_verbatim(partition_id partition,
                               const std::vector<record>& records) override {
    return real_.append_verbatim(partition, records);
  }

  void close() override {
    real_.close();
  }

private:
  class slow_reader : public record_reader {
  public:
    slow_reader(std::unique_ptr<record_reader> real, const std::atomic<bool>& lets_through)
      : real_(std::move(real)), lets_through_(lets_through) {
    }

    result<std::shared_ptr<record_batch>> next(std::size_t bytes_max,
                                               std::chrono::milliseconds wait_max) override {
      return lets_through_ ? real_->next(bytes_max, wait_max) : std::make_shared<record_batch>();
    }

    offset position() const noexcept override {
      return real_->position();
    }

    offset end() const noexcept override {
      return real_->end();
    }

  private:
    std::unique_ptr<record_reader> real_;
    const std::atomic<bool>& lets_through_;
  };

  provider& real_;
  partition_id slow_;
  provider_info info_;
  std::atomic<bool> lets_through_{false};
};

struct file {
  file()
    : folder(std::filesystem::temp_directory_path()
             / ("cerk-repository-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder);
  }
  ~file() {
    std::filesystem::remove_all(folder);
  }
  file(const file&) = delete;
  file& operator=(const file&) = delete;

  std::filesystem::path folder;
  std::string path = (folder / "store.db").string();
};

// A state that JSON cannot hold, made of events that it can.
struct grown {
  double by = 0;
};
BOOST_DESCRIBE_STRUCT(grown, (), (by))
struct grow {
  double by = 0;
};
BOOST_DESCRIBE_STRUCT(grow, (), (by))
struct size {
  double metres = 1;
};
BOOST_DESCRIBE_STRUCT(size, (), (metres))

size evolve(size self, const grown& e) {
  return {self.metres * e.by};
}
decision<grown> decide(const size&, const grow& c) {
  return grown{c.by};
}

// A state whose copies can fail.
struct stone {
  inline static bool refuses_copies = false;
  std::string text;

  stone() = default;
  stone(stone&&) = default;
  stone& operator=(stone&&) = default;
  stone(const stone& other) : text(other.text) {
    if (refuses_copies)
      throw std::runtime_error{"too heavy"};
  }
  stone& operator=(const stone& other) {
    return *this = stone{other};
  }
  ~stone() = default;
};
BOOST_DESCRIBE_STRUCT(stone, (), (text))
struct carved {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(carved, (), (text))
struct carve {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(carve, (), (text))

stone evolve(stone self, const carved& e) {
  self.text += e.text;
  return self;
}
decision<carved> decide(const stone&, const carve& c) {
  return carved{c.text};
}

constexpr auto stones = aggregate<stone>("stone").event<carved>("Carved").command<carve>("Carve");

constexpr auto sizes = aggregate<size>("size").event<grown>("Grown").command<grow>("Grow");

} // namespace

CAF_TEST_FIXTURE_SCOPE(repository_tests, fixture)

CAF_TEST(the_configuration_really_runs_the_sharing_scheduler) {
  using sharing = caf::scheduler::coordinator<caf::policy::work_sharing>;
  CAF_CHECK(dynamic_cast<sharing*>(&system.scheduler()) != nullptr);
}

CAF_TEST(the_number_of_workers_can_be_set) {
  actor_system_config own;
  own.workers(3);
  caf::actor_system of_three{own};
  CAF_CHECK_EQUAL(of_three.scheduler().num_workers(), 3u);
}

CAF_TEST(a_command_goes_all_the_way_round) {
  memory_provider store;
  repository repo{system, store, accounts};
  const auto all = repo.of(accounts);
  CAF_CHECK(repo.is_serving());
  CAF_CHECK_EQUAL(to_string(all.send("a", open{"Ada"})), "accepted: a at version 1");
  CAF_CHECK_EQUAL(to_string(all.send("a", deposit{5})), "accepted: a at version 2");
  const auto a = all.get("a").value();
  CAF_CHECK_EQUAL(a.id, "a");
  CAF_CHECK_EQUAL(a.state.balance, 5);
  CAF_CHECK_EQUAL(a.version.value, 2u);
  CAF_CHECK(a.partition == partition_of("a", 4));
  CAF_CHECK_EQUAL(repo.metrics().commands_accepted, 2u);
  CAF_CHECK_EQUAL(repo.metrics().aggregates, 1u);
}

CAF_TEST(everything_is_there_after_a_restart) {
  memory_provider store;
  std::uint64_t hash = 0;
  {
    repository repo{system, store, accounts, shops};
    for (int i = 0; i < 100; ++i)
      CAF_CHECK(repo.of(accounts).send("a" + std::to_string(i % 10), note{std::to_string(i)}));
    CAF_CHECK(repo.of(shops).send("s", open_shop{"Shop"}));
    hash = repo.state_hash();
  }
  repository repo{system, store, accounts, shops};
  CAF_CHECK_EQUAL(repo.state_hash(), hash);
  std::vector<std::uint64_t> by_partition(4);
  repo.for_each([&](const json_snapshot& shot) {
    by_partition[static_cast<std::size_t>(shot.partition.value)] += shot.hash;
  });
  CAF_CHECK_EQUAL(repo.state_hashes(), by_partition);
  CAF_CHECK_EQUAL(std::accumulate(by_partition.begin(), by_partition.end(), std::uint64_t{0}),
                  hash);
  CAF_CHECK_EQUAL(repo.of(accounts).get("a9").value().state.note, "99");
  CAF_CHECK_EQUAL(repo.metrics().aggregates, 11u);
  std::size_t seen = 0;
  repo.for_each([&](const json_snapshot&) { ++seen; });
  CAF_CHECK_EQUAL(seen, 11u);
}

CAF_TEST(what_is_not_there_cannot_be_got) {
  memory_provider store;
  repository repo{system, store, accounts, shops};
  CAF_CHECK(repo.of(accounts).get("a").error().code == errc::not_found);
  CAF_CHECK(repo.of(shops).send("s", open_shop{"Shop"}));
  CAF_CHECK(repo.of(accounts).get("s").error().code == errc::wrong_type);
  CAF_CHECK(repo.of(accounts).begin("s").error().code == errc::wrong_type);
  try {
    static_cast<void>(repo.of(sizes));
    CAF_ERROR("a type that the repository was made without");
  } catch (const failure_exception& e) {
    CAF_CHECK(e.reason().code == errc::bad_input);
  }
}

// -- blocking -------------------------------------------------------------------------------------

CAF_TEST(blocking_calls_from_an_actor_are_refused_with_the_reason) {
  memory_provider store;
  repository repo{system, store, accounts};
  const auto all = repo.of(accounts);
  const auto sent = inside_an_actor(system, [&] { return all.send("a", open{"Ada"}); });
  CAF_REQUIRE(sent.get_failure() != nullptr);
  CAF_CHECK(sent.get_failure()->code == errc::blocking_in_actor);
  CAF_CHECK(sent.get_failure()->what.find("send_async") != std::string::npos);
  CAF_CHECK(inside_an_actor(system, [&] { return all.get("a").error().code; })
            == errc::blocking_in_actor);
  CAF_CHECK(all.get("a").error().code == errc::not_found); // nothing was sent
  auto future = inside_an_actor(system, [&] { return all.send_async("a", open{"Ada"}); });
  CAF_CHECK(future.get().accepted());
}

// -- drain ----------------------------------------------------------------------------------------

CAF_TEST(draining_waits_for_commands_in_flight) {
  memory_provider store{{.partitions = 1, .hold_answers = true}};
  repository_options options;
  options.wait_until_restored = false;
  repository repo{system, store, options, accounts};
  std::thread releases{[&] {
    while (!repo.is_serving() || repo.metrics().commands_accepted == 0) {
      store.release();
      std::this_thread::yield();
    }
  }};
  CAF_CHECK(repo.wait_until_serving());
  auto answer = repo.of(accounts).send_async("a", open{"Ada"});
  CAF_CHECK_EQUAL(repo.drain(), 0u);
  CAF_CHECK(answer.get().accepted());
  releases.join();
}

CAF_TEST(draining_ends_in_time_and_tells_each_command_what_is_known) {
  memory_provider store{{.partitions = 1, .hold_answers = true}};
  repository_options options;
  options.wait_until_restored = false;
  options.drain_timeout = std::chrono::milliseconds{1};
  {
    repository repo{system, store, options, accounts};
    while (!repo.is_serving()) {
      store.release();
      std::this_thread::yield();
    }
    auto stored = repo.of(accounts).send_async("a", open{"Ada"});
    auto grounded = repo.of(accounts).send_async("a", open{"Ada"});
    CAF_CHECK_EQUAL(repo.drain(), 2u);
    CAF_CHECK(stored.get().get_failure()->code == errc::unknown);
    CAF_CHECK(grounded.get().get_failure()->code == errc::stopping);
    CAF_CHECK(repo.of(accounts).send("b", open{"Bob"}).get_failure()->code == errc::stopping);
  }
  store.release(); // to actors that are gone
}

CAF_TEST(a_repository_can_be_destroyed_while_it_restores_and_its_store_right_after_it) {
  const file home;
  {
    sqlite_provider store{{.path = home.path}};
    std::vector<new_event> events(5'000, {"a", "Noted", R"({"text":"x"})"});
    CAF_REQUIRE(send_events(store, events));
  }
  for (int i = 0; i < 20; ++i) {
    sqlite_provider store{{.path = home.path, .quick_check = false}};
    repository_options options;
    options.wait_until_restored = false;
    options.restore_bytes_in_flight_max = 1 << 14;
    repository repo{system, store, options, accounts};
    for (int turn = 0; turn < i; ++turn)
      std::this_thread::yield();
  }
}

CAF_TEST(a_restored_partition_serves_while_another_one_still_restores) {
  memory_provider store{{.partitions = 2}};
  const auto id_in = [](std::int32_t partition) {
    std::string id = "a";
    while (partition_of(id, 2) != partition_id{partition})
      id += 'a';
    return id;
  };
  const auto quick = id_in(0);
  const auto late = id_in(1);
  {
    repository repo{system, store, accounts};
    CAF_CHECK(repo.of(accounts).send(quick, open{"Ada"}).accepted());
    CAF_CHECK(repo.of(accounts).send(late, open{"Eve"}).accepted());
  }
  slow_store slow{store, partition_id{1}};
  repository repo{system, slow, {.wait_until_restored = false}, accounts};
  const auto all = repo.of(accounts);
  const auto phase_of = [&](std::size_t partition) { return repo.progress().at(partition).now; };
  while (phase_of(0) != restore_progress::phase::serving)
    std::this_thread::yield();
  for (int i = 0; i < 100; ++i)
    CAF_CHECK(all.send(quick, deposit{1}).accepted());
  CAF_CHECK_EQUAL(all.get(quick).value().state.balance, 100);
  CAF_CHECK(phase_of(1) != restore_progress::phase::serving);
  CAF_CHECK(!repo.is_serving());
  CAF_CHECK(all.send(late, deposit{1}).get_failure()->code == errc::restoring);
  CAF_CHECK(all.get(late).error().code == errc::restoring);
  slow.let_through();
  CAF_CHECK(repo.wait_until_serving());
  CAF_CHECK(all.send(late, deposit{1}).accepted());
}

CAF_TEST(draining_leaves_alone_what_no_command_could_reach_yet) {
  memory_provider store{{.partitions = 2, .hold_answers = true}};
  std::vector<record> stored;
  for (int i = 0; i < 6'000; ++i) {
    const auto id = "a" + std::to_string(i);
    if (partition_of(id, 2) == partition_id{1})
      stored.push_back({.key = id, .value = event_value(id, "Noted", 0, {1}, R"("text":"x")")});
  }
  CAF_REQUIRE(store.append_verbatim({1}, stored));
  std::string in_first = "x";
  while (partition_of(in_first, 2) != partition_id{0})
    in_first += 'x';
  for (int i = 0; i < 20; ++i) {
    repository_options options;
    options.wait_until_restored = false;
    options.drain_timeout = std::chrono::milliseconds{0};
    repository repo{system, store, options, accounts};
    auto answer = repo.of(accounts).send_async(in_first, open{"Ada"});
    repo.drain();
    CAF_CHECK(answer.get().get_failure() != nullptr);
    store.release();
  }
}

CAF_TEST(a_repository_of_many_aggregates_can_be_destroyed_at_any_moment_of_its_restore) {
  const file home;
  {
    sqlite_provider store{{.path = home.path}};
    std::vector<new_event> events;
    for (int i = 0; i < 40'000; ++i)
      events.push_back({"a" + std::to_string(i % 9'000), "Noted", R"({"text":"x"})"});
    CAF_REQUIRE(send_events(store, events));
  }
  for (int i = 0; i < 20; ++i) {
    sqlite_provider store{{.path = home.path, .quick_check = false}};
    repository_options options;
    options.wait_until_restored = false;
    repository repo{system, store, options, accounts};
    const auto some = static_cast<std::uint64_t>(i) * 2'000;
    while (!repo.is_serving() && repo.progress().front().events < some)
      std::this_thread::yield();
  }
}

// -- failing --------------------------------------------------------------------------------------

CAF_TEST(a_restore_that_fails_is_thrown_by_the_constructor) {
  memory_provider store{{.partitions = 2}};
  store.close(); // nobody can claim any more
  try {
    repository repo{system, store, accounts};
    CAF_ERROR("constructed");
  } catch (const failure_exception& e) {
    CAF_CHECK(e.reason().code == errc::store_unusable);
    CAF_CHECK(e.reason().what.find("memory, partition ") != std::string::npos);
  }
}

CAF_TEST(who_only_reads_takes_no_commands_and_leaves_the_owner_alone) {
  memory_provider store;
  repository owner{system, store, accounts};
  CAF_CHECK(owner.of(accounts).send("a", open{"Ada"}));
  repository reader{system, store, {.read_only = true}, accounts};
  CAF_CHECK_EQUAL(reader.of(accounts).get("a").value().state.owner, "Ada");
  CAF_CHECK(reader.of(accounts).send("a", deposit{1}).get_failure()->code == errc::read_only);
  CAF_CHECK(owner.of(accounts).send("a", deposit{1}));
}

CAF_TEST(a_second_repository_fences_the_first) {
  memory_provider store;
  repository first{system, store, accounts};
  repository second{system, store, accounts};
  CAF_CHECK(first.of(accounts).send("a", open{"Ada"}).get_failure()->code == errc::fenced);
  CAF_CHECK(second.of(accounts).send("a", open{"Ada"}).accepted());
}

CAF_TEST(a_state_that_cannot_be_encoded_harms_nobody_else) {
  memory_provider store{{.partitions = 1}};
  repository repo{system, store, sizes};
  const auto all = repo.of(sizes);
  CAF_CHECK(all.send("sound", grow{2}));
  CAF_CHECK(all.send("infinite", grow{1e300}));
  CAF_CHECK(all.send("infinite", grow{1e300}));
  CAF_CHECK_EQUAL(all.get("sound").value().state.metres, 2.0);
  std::promise<errc> promise;
  auto future = promise.get_future();
  repo.get("infinite",
           [&](const result<json_snapshot>& shot) { promise.set_value(shot.error().code); });
  CAF_CHECK(future.get() == errc::domain_error);
  std::vector<std::string> seen;
  repo.for_each([&](const json_snapshot& shot) { seen.push_back(shot.id); });
  CAF_CHECK_EQUAL(seen, std::vector<std::string>{"sound"});
  static_cast<void>(repo.state_hash());
  CAF_CHECK(all.send("infinite", grow{1}).accepted());
}

CAF_TEST(a_state_that_cannot_be_copied_fails_who_asks_and_nothing_else) {
  memory_provider store;
  repository repo{system, store, stones};
  const auto all = repo.of(stones);
  CAF_CHECK(all.send("s", carve{"a"}).accepted());
  stone::refuses_copies = true;
  const auto failed = all.send("s", carve{"b"});
  CAF_REQUIRE(failed.get_failure() != nullptr);
  CAF_CHECK(failed.get_failure()->code == errc::domain_error);
  CAF_CHECK(all.get("s").error().code == errc::domain_error);
  stone::refuses_copies = false;
  CAF_CHECK(all.send("s", carve{"c"}).accepted());
  CAF_CHECK_EQUAL(all.get("s").value().state.text, "ac");
}

CAF_TEST(quarantined_aggregates_are_listed) {
  memory_provider store{{.partitions = 1}};
  CAF_REQUIRE(send_events(store, {{"bad", "Unheard"}, {"good", "Noted", R"({"text":"x"})"}}));
  repository repo{system, store, accounts};
  const auto parked = repo.quarantined();
  CAF_REQUIRE_EQUAL(parked.size(), 1u);
  CAF_CHECK_EQUAL(parked[0].id, "bad");
  CAF_CHECK_EQUAL(parked[0].offset.value, 1);
  CAF_CHECK_EQUAL(parked[0].cause, "field 'type': unknown event type 'Unheard'");
  CAF_CHECK(repo.of(accounts).send("bad", note{"x"}).get_failure()->code == errc::quarantined);
  CAF_CHECK(repo.of(accounts).send("good", note{"y"}).accepted());
  CAF_CHECK_EQUAL(repo.metrics().aggregates_quarantined, 1u);
}

// -- units of work and events ---------------------------------------------------------------------

CAF_TEST(a_unit_of_work_loads_adds_looks_and_saves) {
  memory_provider store;
  repository repo{system, store, accounts};
  auto work = repo.of(accounts).begin("a").value();
  CAF_CHECK_EQUAL(work.version().value, 0u);
  work.add(opened{"Ada"}).add(deposited{5});
  CAF_CHECK_EQUAL(work.state().balance, 5);
  CAF_CHECK_EQUAL(work.uncommitted(),
                  (std::vector<std::string>{R"({"owner":"Ada"})", R"({"amount":5})"}));
  CAF_CHECK_EQUAL(to_string(work.save()), "accepted: a at version 2");
  CAF_CHECK(work.uncommitted().empty());
  CAF_CHECK_EQUAL(to_string(work.save()), "accepted: a at version 2"); // saving nothing
  auto other = repo.of(accounts).begin("a").value();
  other.add(deposited{1});
  CAF_CHECK(other.save().accepted());
  work.add(deposited{1});
  CAF_CHECK_EQUAL(to_string(work.save()), "rejected: conflict, the aggregate is at version 3");
  CAF_CHECK_EQUAL(work.uncommitted().size(), 1u);
}

CAF_TEST(an_event_that_cannot_be_added_leaves_the_work_as_it_was) {
  memory_provider store;
  repository repo{system, store, accounts};
  auto work = repo.of(accounts).begin("a").value();
  const auto refuses = [&](auto&& event) {
    try {
      work.add(event);
      return false;
    } catch (const std::exception&) {
      return true;
    }
  };
  CAF_CHECK(refuses(noted{"poison"}));
  CAF_CHECK(refuses(rated{std::numeric_limits<double>::infinity()}));
  CAF_CHECK(work.uncommitted().empty());
  CAF_CHECK(work.state().note.empty());
}

CAF_TEST(an_aggregate_s_events_are_read_page_by_page) {
  memory_provider store;
  repository repo{system, store, accounts};
  for (int i = 0; i < 5; ++i)
    CAF_CHECK(repo.of(accounts).send("a", note{std::to_string(i)}));
  std::vector<std::uint64_t> versions;
  repo.events("a", {1}, 3, [&](const result<std::vector<stored_event>>& page) {
    for (const auto& event : page.value())
      versions.push_back(event.version.value);
  });
  CAF_CHECK_EQUAL(versions, (std::vector<std::uint64_t>{2, 3, 4}));
  repo.events("nobody", {0}, 3, [&](const result<std::vector<stored_event>>& page) {
    CAF_CHECK(page.error().code == errc::not_found);
  });
}

CAF_TEST(many_threads_and_many_aggregates_lose_nothing) {
  memory_provider store;
  repository repo{system, store, accounts};
  std::vector<std::thread> senders;
  std::atomic<int> accepted{0};
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([&, t] {
      std::vector<std::future<outcome>> answers;
      for (int i = 0; i < 250; ++i)
        answers.push_back(
          repo.of(accounts).send_async("a" + std::to_string((i * 7 + t) % 10), deposit_all{{1}}));
      for (auto& answer : answers)
        accepted += answer.get().accepted() ? 1 : 0;
    });
  for (auto& sender : senders)
    sender.join();
  CAF_CHECK_EQUAL(accepted.load(), 1'000);
  std::int64_t sum = 0;
  for (int i = 0; i < 10; ++i)
    sum += repo.of(accounts).get("a" + std::to_string(i)).value().state.balance;
  CAF_CHECK_EQUAL(sum, 1'000);
  CAF_CHECK_EQUAL(repo.metrics().commands_in_flight, 0u);
}

CAF_TEST(when_it_is_fenced_it_gives_its_producer_back) {
  auto made = std::make_unique<memory_log>(1);
  auto& log = *made;
  log_provider store{std::move(made), {}, environment::of_this_machine()};
  std::promise<void> fenced;
  repository_options options;
  options.on_progress = [&](const restore_progress& p) {
    if (p.now == restore_progress::phase::fenced)
      fenced.set_value();
  };
  repository repo{system, store, options, accounts};
  CAF_CHECK_EQUAL(log.pipelines(), 1u);
  term own;
  scan_log(store, {0}, [&](const log_entry& entry) {
    own = entry.term;
    return true;
  }).value();
  log.add({0}, {.value = claim_value({.id = {9}, .replaces = own}, 0)});
  CAF_CHECK(!repo.of(accounts).send("a", note{"void"}));
  fenced.get_future().wait();
  log.settle();
  CAF_CHECK_EQUAL(log.pipelines(), 0u);
}

CAF_TEST(no_partition_is_claimed_while_another_one_does_not_fit) {
  memory_provider store{{.partitions = 4}};
  const auto home = partition_of("ada", 4);
  const partition_id elsewhere{(home.value + 1) % 4};
  store
    .append_verbatim(elsewhere, {{.key = "ada",
                                  .value = event_value("ada", "Opened", 0, {1}, R"("owner":"A")")}})
    .value();
  try {
    repository opened{system, store, accounts};
    CAF_FAIL("it was opened");
  } catch (const failure_exception& e) {
    CAF_CHECK(e.reason().what.find("belongs in partition") != std::string::npos);
  }
  CAF_CHECK(!log_writer::open(store, "test"));
  for (partition_id p{0}; p.value < 4; ++p.value)
    scan_log(store, p, [](const log_entry& entry) {
      CAF_CHECK(!entry.is_claim);
      return true;
    }).value();
}

CAF_TEST_FIXTURE_SCOPE_END()
