// The newcomer's program: a domain, a store, a command, and the state after it.
#include <iostream>

#include <cerk/cerk.hpp>

struct user_created  { std::string first_name, last_name; };
struct user_modified { std::string first_name, last_name; };
struct create_user   { std::string first_name, last_name; };
struct update_user   { std::string first_name, last_name; };
struct user          { std::string first_name, last_name; };
BOOST_DESCRIBE_STRUCT(user_created, (), (first_name, last_name))
BOOST_DESCRIBE_STRUCT(user_modified, (), (first_name, last_name))
BOOST_DESCRIBE_STRUCT(create_user, (), (first_name, last_name))
BOOST_DESCRIBE_STRUCT(update_user, (), (first_name, last_name))
BOOST_DESCRIBE_STRUCT(user, (), (first_name, last_name))

// state + event = next state
user evolve(user, const user_created& e) { return {e.first_name, e.last_name}; }
user evolve(user, const user_modified& e) { return {e.first_name, e.last_name}; }

// state + command = events, or a reason why not
cerk::decision<user_created> decide(const user&, const create_user& c, const cerk::context& about) {
  if (about.version.value > 0)
    return cerk::reject("user_exists", "there is a user with this id", "id");
  return user_created{c.first_name, c.last_name};
}
cerk::decision<user_modified> decide(const user&, const update_user& c) {
  return user_modified{c.first_name, c.last_name};
}

// the only place where types meet stored names
inline constexpr auto users = cerk::aggregate<user>("user")
    .event<user_created>("UserCreatedEvent").event<user_modified>("UserModifiedEvent")
    .command<create_user>("CreateUserCommand").command<update_user>("UpdateUserCommand");

int main() {
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::sqlite_provider store{{.path = "users.db"}};
  cerk::repository repo{sys, store, users}; // restores, then serves; drains when destroyed

  auto created = repo.of(users).send("ada", create_user{"Ada", "Byron"});
  auto updated = repo.of(users).send("ada", update_user{"Ada", "Lovelace"});
  std::cout << to_string(created) << '\n' << to_string(updated) << '\n';

  auto ada = repo.of(users).get("ada").value();
  std::cout << ada.state.first_name << ' ' << ada.state.last_name << ", version "
            << ada.version.value << '\n';
}
