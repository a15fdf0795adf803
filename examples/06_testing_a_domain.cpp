// A domain's rules as tests: given, when, then. No actors, no store, no test framework needed.
#include <cerk/testing.hpp>

#include "users.hpp"

#include <iostream>

using namespace cerk::testing;
using namespace example;

int main() {
  given(users)
    .when(create_user{"Ada", "Byron"})
    .then(user_created{"Ada", "Byron"})
    .then_state(user{"Ada", "Byron"});

  given(users, user_created{"Ada", "Byron"})
    .when(create_user{"Eve", "Byron"})
    .then(rejected("user_exists", "id"));

  given(users, user_created{"Ada", "Byron"}, user_modified{"Ada", "Lovelace"})
    .when(update_user{"Ada", "Lovelace"})
    .then(cerk::unchanged);

  given(users).when(update_user{"Ada", "King"}, {.id = "ada"}).then(rejected("no_such_user"));

  // What a test says that does not hold.
  try {
    given(users, user_created{"Ada", "Byron"})
      .when(update_user{"Ada", "Lovelace"})
      .then(user_modified{"Ada", "King"});
    return 1;
  } catch (const expectation_failed& e) {
    std::cout << e.what() << '\n';
  }
}
