// cerk for the users example; for aggregates of one's own, replace what this file includes.
#include "cerk/cli.hpp"

#include "../../examples/users.hpp"
#include "users_generator.hpp"

int main(int argc, char** argv) {
  const cerk::cli::tool about{.about
                              = "Reads, writes and checks the event log of the users example.",
                              .fill = example::make_user_event};
  return cerk::cli::run(argc, argv, about, example::users);
}
