// Defaults that need code: CAF's configuration, the machine's clocks and chance, rates.
#include "cerk/options.hpp"

#include "cerk/detail/caf_compat.hpp"

#include "command_actor.hpp"
#include "messages.hpp"

#include <algorithm>
#include <random>

namespace cerk {

detail::message_registration::message_registration() {
  static const bool once = [] {
    register_messages<cerk_public_messages, cerk_private_messages, cerk_command_actor_messages>();
    return true;
  }();
  static_cast<void>(once);
}

actor_system_config::actor_system_config() {
  detail::configure(*this);
}

actor_system_config& actor_system_config::workers(std::size_t count) {
  detail::configure_workers(*this, count);
  return *this;
}

// The one place where cerk reads a clock or a random device.
environment environment::of_this_machine() {
  return {
    .system_now = [] { return std::chrono::system_clock::now(); },
    .steady_now = [] { return std::chrono::steady_clock::now(); },
    .random =
      [] {
        static thread_local std::mt19937_64 generator = [] {
          std::random_device device;
          std::seed_seq seed{device(), device(), device(), device(),
                             device(), device(), device(), device()};
          return std::mt19937_64{seed};
        }();
        return static_cast<std::uint64_t>(generator());
      },
  };
}

std::string_view to_string(on_fenced what) noexcept {
  return what == on_fenced::stay ? "stay" : "reclaim";
}

std::optional<on_fenced> parse_on_fenced(std::string_view text) noexcept {
  for (const auto what : {on_fenced::stay, on_fenced::reclaim})
    if (text == to_string(what))
      return what;
  return std::nullopt;
}

namespace {

double rate_of(std::uint64_t count, double seconds) noexcept {
  return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

} // namespace

double restore_progress::events_per_second() const noexcept {
  return rate_of(events, seconds);
}

double restore_progress::megabytes_per_second() const noexcept {
  return rate_of(bytes, seconds) / 1e6;
}

double restore_progress::seconds_left() const noexcept {
  if (now == phase::waiting || now == phase::failed)
    return -1; // 0 of 0 would look like done
  if (position >= end)
    return 0;
  if (position <= start || seconds <= 0)
    return -1;
  return seconds * static_cast<double>(end - position) / static_cast<double>(position - start);
}

double restore_summary::events_per_second() const noexcept {
  return rate_of(events, seconds);
}

double restore_summary::megabytes_per_second() const noexcept {
  return rate_of(bytes, seconds) / 1e6;
}

restore_summary summary_of(std::span<const restore_progress> partitions) noexcept {
  restore_summary all;
  bool all_are_open = true;
  for (const auto& p : partitions) {
    all_are_open = all_are_open && p.now != restore_progress::phase::waiting;
    // Claims that were read back are behind the end.
    const auto length = std::max<std::int64_t>(p.end - p.start, 0);
    const auto read = std::clamp<std::int64_t>(p.position - p.start, 0, length);
    all.records += static_cast<std::uint64_t>(length);
    all.records_read += static_cast<std::uint64_t>(read);
    all.events += p.events;
    all.bytes += p.bytes;
    all.seconds = std::max(all.seconds, p.seconds);
    if (const auto left = p.seconds_left(); all.seconds_left >= 0)
      all.seconds_left = left < 0 ? left : std::max(all.seconds_left, left);
  }
  if (!all_are_open)
    all.records = 0;
  return all;
}

std::string_view to_string(restore_progress::phase p) noexcept {
  switch (p) {
    case restore_progress::phase::waiting:
      return "waiting";
    case restore_progress::phase::reading:
      return "reading";
    case restore_progress::phase::claiming:
      return "claiming";
    case restore_progress::phase::serving:
      return "serving";
    case restore_progress::phase::fenced:
      return "fenced";
    case restore_progress::phase::stopped:
      return "stopped";
    case restore_progress::phase::failed:
      return "failed";
  }
  return "invalid";
}

} // namespace cerk
