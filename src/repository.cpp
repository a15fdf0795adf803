// The repository's untemplated half: everything is the front door's.
#include "cerk/repository.hpp"

#include "front_door.hpp"

#include <atomic>
#include <mutex>
#include <numeric>

namespace cerk {

namespace {

door& as_door(detail::front_door& front) {
  return static_cast<door&>(front);
}

} // namespace

namespace detail {

void close_front_door::operator()(front_door* front) const {
  as_door(*front).close();
}

std::unique_ptr<front_door, close_front_door>
open_front_door(caf::actor_system& system, provider& store, repository_options options,
                std::vector<aggregate_table> tables) {
  const bool waits = options.wait_until_restored;
  auto made = std::make_shared<door>(system, store, std::move(options), tables);
  made->open();
  std::unique_ptr<front_door, close_front_door> owner{made.get()};
  if (waits)
    made->wait_until_serving().value();
  return owner;
}

} // namespace detail

const caf::actor& repository::actor() const noexcept {
  return as_door(*door_).commands();
}

result<json_command> repository::parse(std::string_view text, send_options options) const {
  return as_door(*door_).parse(text, std::move(options));
}

void repository::send(json_command command, std::function<void(outcome)> done) const {
  as_door(*door_).submit(std::move(command.envelope), std::move(done));
}

void repository::get(std::string_view id, std::function<void(result<json_snapshot>)> done,
                     const read_options& how) const {
  as_door(*door_).get(id, std::move(done), how);
}

void repository::events(std::string_view id, version after, std::size_t events_max,
                        events_done done) const {
  as_door(*door_).events(id, after, events_max, std::move(done));
}

void repository::for_each(const std::function<void(const json_snapshot&)>& visit) const {
  auto& front = as_door(*door_);
  std::mutex one_at_a_time;
  front.for_each([&](const aggregate_core& core) {
    std::optional<json_snapshot> shot;
    try {
      shot = snapshot_of(core, front.partition_for(core.id()).id());
    } catch (const std::exception&) {
      shot = std::nullopt; // passed over like a quarantined one; who asks for it alone is told why
    }
    const std::lock_guard lock{one_at_a_time};
    if (shot)
      visit(*shot);
  });
}

std::uint64_t repository::state_hash() const {
  const auto all = state_hashes();
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0});
}

std::vector<std::uint64_t> repository::state_hashes() const {
  auto& front = as_door(*door_);
  const auto count = static_cast<std::size_t>(front.shared().store_info.partition_count);
  std::vector<std::atomic<std::uint64_t>> sums(count);
  front.for_each([&](const aggregate_core& core) {
    const auto home = front.partition_for(core.id()).id();
    sums[static_cast<std::size_t>(home.value)] += core.state_hash();
  });
  return {sums.begin(), sums.end()};
}

std::vector<quarantined_aggregate> repository::quarantined() const {
  std::vector<quarantined_aggregate> all;
  auto& front = as_door(*door_);
  std::mutex one_at_a_time;
  front.for_each([&](const aggregate_core& core) {
    const std::lock_guard lock{one_at_a_time};
    if (const auto* why = core.quarantined())
      all.push_back({core.id(), front.partition_for(core.id()).id(), why->at, why->cause});
  });
  return all;
}

std::vector<restore_progress> repository::progress() const {
  auto& shared = as_door(*door_).shared();
  const std::lock_guard lock{shared.mutex};
  return shared.progress;
}

bool repository::is_serving() const {
  for (const auto& p : progress())
    if (p.now != restore_progress::phase::serving)
      return false;
  return true;
}

result<void> repository::wait_until_serving() const {
  return as_door(*door_).wait_until_serving();
}

repository_metrics repository::metrics() const {
  return as_door(*door_).metrics();
}

void repository::take_over() const {
  as_door(*door_).take_over();
}

std::size_t repository::drain() {
  return as_door(*door_).drain();
}

} // namespace cerk
