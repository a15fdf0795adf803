/// Resident memory: what a process takes now, once its allocator has given back what it can.
#pragma once

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

// There where the programs are linked with mimalloc; no header, for it may be missing.
extern "C" __attribute__((weak)) void mi_collect(bool force);

namespace bench {

inline double rss_mib() {
  std::ifstream of_this_process{"/proc/self/statm"};
  std::size_t size_pages = 0;
  std::size_t resident_pages = 0;
  of_this_process >> size_pages >> resident_pages;
  return static_cast<double>(resident_pages) * static_cast<double>(sysconf(_SC_PAGESIZE))
         / (1 << 20);
}

/// Gives back what this thread's heap has free.
inline void collect() {
  if (mi_collect != nullptr)
    mi_collect(true);
  else
    malloc_trim(0);
}

/// The same on each of CAF's workers, and then here: every thread of mimalloc has a heap of its
/// own. The workers must have nothing else to do.
inline void collect(caf::actor_system& system) {
  struct meeting {
    std::mutex mutex;
    std::condition_variable all_are_here;
    std::size_t missing = 0;
  };
  const auto here = std::make_shared<meeting>();
  here->missing = system.scheduler().num_workers();
  for (std::size_t i = 0, workers = here->missing; i < workers; ++i)
    system.spawn([here] {
      collect();
      // Whoever has collected waits for the others, so that none does it twice.
      std::unique_lock lock{here->mutex};
      if (--here->missing == 0)
        here->all_are_here.notify_all();
      here->all_are_here.wait_for(lock, std::chrono::seconds{10},
                                  [&] { return here->missing == 0; });
    });
  std::unique_lock lock{here->mutex};
  here->all_are_here.wait_for(lock, std::chrono::seconds{10}, [&] { return here->missing == 0; });
  lock.unlock();
  collect();
}

/// What stays resident. The threads of a restore's readers end a little after it and leave their
/// heaps behind, so it collects until there is nothing more to be had, or for 5 s.
inline double settled_rss_mib(caf::actor_system& system) {
  constexpr double still_mib = 1;
  collect(system);
  auto last = rss_mib();
  for (int i = 0; i < 50; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    collect(system);
    const auto before = std::exchange(last, rss_mib());
    if (last > before - still_mib)
      break;
  }
  return last;
}

} // namespace bench
