// Commands from a CAF actor: a request to the repository's actor, answered with an outcome.
#include <cerk/cerk.hpp>

#include "users.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <iostream>

using namespace example;

// Creates a user, then renames her: the second request goes out when the first is durable.
class registrar : public caf::event_based_actor {
public:
  registrar(caf::actor_config& config, caf::actor repository, cerk::aggregates<user> all)
    : caf::event_based_actor(config), repository_(std::move(repository)), all_(all) {
  }

  caf::behavior make_behavior() override {
    // A blocking send would stop a worker of the scheduler, so it is refused here.
    std::cout << to_string(all_.send("ada", create_user{"Ada", "Byron"})) << '\n';

    request(repository_, caf::infinite, all_.message("ada", create_user{"Ada", "Byron"}))
      .then([this](const cerk::outcome& created) {
        std::cout << to_string(created) << '\n';
        rename();
      });
    return {[](int) {}}; // an actor without a behavior would end before its answer comes
  }

private:
  void rename() {
    request(repository_, caf::infinite, all_.message("ada", update_user{"Ada", "Lovelace"}))
      .then([this](const cerk::outcome& renamed) {
        std::cout << to_string(renamed) << '\n';
        quit();
      });
  }

  caf::actor repository_;
  cerk::aggregates<user> all_;
};

int main() {
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::sqlite_provider store{{.path = "users.db"}};
  cerk::repository repo{sys, store, users};

  caf::scoped_actor self{sys};
  self->wait_for(sys.spawn<registrar>(repo.actor(), repo.of(users)));
}
