// What a sender may say besides the command, and the three ways in which it ends.
#include <cerk/cerk.hpp>

#include "users.hpp"

#include <iostream>

using namespace example;

int main() {
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::sqlite_provider store{{.path = "users.db"}};
  cerk::repository repo{sys, store, users};
  const auto all = repo.of(users);

  // Accepted: the receipt says what is durable now, and where.
  const auto created = all.send("ada", create_user{"Ada", "Byron"}, {.command_key = "signup-17"});
  const auto& receipt = *created.get_receipt();
  std::cout << to_string(created) << ", partition " << receipt.partition.value << ", offset "
            << receipt.offset.value << ", event " << receipt.event_ids().front() << '\n';

  // The same key again is the same command: its first receipt comes again, and nothing happens.
  const auto retried = all.send("ada", create_user{"Ada", "Byron"}, {.command_key = "signup-17"});
  std::cout << "again: " << (*retried.get_receipt() == receipt ? "the same receipt" : "?") << '\n';

  // Rejected by the domain: code, text and field of each reason.
  const auto twice = all.send("ada", create_user{"Ada", "King"});
  for (const auto& reason : twice.get_rejection()->reasons)
    std::cout << "rejected: " << reason.code << ", " << reason.text << ", field " << reason.field
              << '\n';

  // Rejected by the expected version: somebody else was faster.
  const auto stale
    = all.send("ada", update_user{"Ada", "King"}, {.expected_version = cerk::version{7}});
  std::cout << to_string(stale) << '\n';

  // Accepted, and nothing had to change.
  const auto same = all.send("ada", update_user{"Ada", "Byron"});
  std::cout << to_string(same) << ", " << same.get_receipt()->event_count << " events\n";

  // Failed: the code says whether to try again.
  const auto failed = all.send("not an id", create_user{"Ada", "Byron"});
  const bool retry = failed.get_failure()->advice() != cerk::retry::never;
  std::cout << to_string(failed) << "; try again: " << (retry ? "yes" : "no") << '\n';
}
