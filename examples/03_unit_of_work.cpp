// The Go library's way of working: load, add new events, look at the uncommitted changes, save.
#include <cerk/cerk.hpp>

#include "users.hpp"

#include <iostream>

using namespace example;

int main() {
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::sqlite_provider store{{.path = "users.db"}};
  cerk::repository repo{sys, store, users};

  // Begins at the state and version as of now: here an id that has no events yet.
  auto work = repo.of(users).begin("ada").value();
  work.add(user_created{"Ada", "Byron"}).add(user_modified{"Ada", "Lovelace"});
  std::cout << "version " << work.version().value << ", but already called "
            << work.state().last_name << "; uncommitted:\n";
  for (const auto& change : work.uncommitted())
    std::cout << "  " << change << '\n';

  // All of it or nothing, and only if nobody else was at work since.
  std::cout << to_string(work.save()) << '\n';

  auto late = repo.of(users).begin("ada").value();
  late.add(user_modified{"Ada", "King"});
  work.add(user_modified{"Augusta", "Lovelace"});
  std::cout << to_string(work.save()) << '\n';
  std::cout << to_string(late.save()) << '\n'; // its changes are kept, to look at or to give up
}
