// The only broker dies while a topic is restored, and comes back: nothing is missing.
#define CAF_SUITE kafka_restore_outage

#include "restored_topic.hpp"
#include "topic_writers.hpp"

#include <future>

using namespace system_test;

CAF_TEST(a_restore_goes_on_where_it_was_when_its_broker_comes_back) {
  using progress = cerk::restore_progress;
  constexpr int events = 300'000;
  restored_topic topic{2, events, 5'000};
  topic.write();
  auto with = topic.options();
  // So that most of the topic is not here yet when the broker goes.
  with.settings = {{"queued.max.messages.kbytes", "64"}, {"fetch.message.max.bytes", "16384"}};
  cerk::repository_options options;
  options.wait_until_restored = false;
  options.read_only = true;
  cerk::actor_system_config config;
  caf::actor_system system{config};
  std::vector<std::uint64_t> undisturbed;
  {
    cerk::kafka_provider store{topic.options()};
    undisturbed
      = cerk::repository{system, store, {.read_only = true}, bank::accounts}.state_hashes();
  }
  std::promise<void> in_the_middle;
  std::atomic<bool> was_there{false};
  std::promise<void> broker_went;
  options.on_progress = [&, went = broker_went.get_future().share()](const progress& p) {
    if (p.now != progress::phase::reading || p.position == p.start || p.position == p.end)
      return;
    if (!was_there.exchange(true))
      in_the_middle.set_value();
    went.wait(); // holds this partition's restore where it is
  };
  cerk::kafka_provider store{with};
  const cerk::repository repo{system, store, options, bank::accounts};
  in_the_middle.get_future().wait();
  operate({"kill-broker", "1"});
  broker_went.set_value();
  CAF_CHECK(!repo.is_serving());
  operate({"start-broker", "1"});
  CAF_CHECK(repo.wait_until_serving());
  CAF_CHECK_EQUAL(repo.state_hashes(), undisturbed);
  const auto all = cerk::summary_of(repo.progress());
  CAF_CHECK_EQUAL(all.events, static_cast<std::uint64_t>(events));
  CAF_CHECK_EQUAL(all.records_read, static_cast<std::uint64_t>(events));
  CAF_CHECK(repo.quarantined().empty());
}
