/// The users domain of the Go library's example: events, state, evolve, commands, decide, names.
#pragma once

#include <cerk/aggregate.hpp>

#include <string>

namespace example {

struct user_created {
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(user_created, (), (first_name, last_name))

struct user_modified {
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(user_modified, (), (first_name, last_name))

struct user {
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(user, (), (first_name, last_name))

inline user evolve(user, const user_created& e) {
  return {e.first_name, e.last_name};
}

inline user evolve(user, const user_modified& e) {
  return {e.first_name, e.last_name};
}

struct create_user {
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(create_user, (), (first_name, last_name))

struct update_user {
  std::string first_name, last_name;
};
BOOST_DESCRIBE_STRUCT(update_user, (), (first_name, last_name))

inline cerk::decision<user_created> decide(const user&, const create_user& c,
                                           const cerk::context& about) {
  if (about.version != cerk::version{})
    return cerk::reject("user_exists", "there is a user with this id", "id");
  return user_created{c.first_name, c.last_name};
}

inline cerk::decision<user_modified> decide(const user& self, const update_user& c,
                                            const cerk::context& about) {
  if (about.version == cerk::version{})
    return cerk::reject("no_such_user", "there is no user with this id", "id");
  if (self.first_name == c.first_name && self.last_name == c.last_name)
    return cerk::unchanged;
  return user_modified{c.first_name, c.last_name};
}

inline constexpr auto users = cerk::aggregate<user>("user")
                                .event<user_created>("UserCreatedEvent")
                                .event<user_modified>("UserModifiedEvent")
                                .command<create_user>("CreateUserCommand")
                                .command<update_user>("UpdateUserCommand");

} // namespace example
