/// The users of the examples: what fills a store with them, and what restores them.
#pragma once

#include <cerk/cerk.hpp>

#include "../examples/users.hpp"
#include "shapes.hpp"
#include "users_fold.hpp"

#include <memory>
#include <utility>

namespace bench {

struct users_domain {
  using fold = users_fold;

  /// Event `number` of a store.
  static cerk::new_event make_event(const shape& of, std::uint64_t number) {
    const auto [aggregate, ordinal] = place_of(of, number);
    const auto digits = std::to_string(number);
    return {.aggregate_id = id_of(aggregate),
            .type = ordinal == 0 ? "UserCreatedEvent" : "UserModifiedEvent",
            .fields = R"({"first_name":"First )" + digits + R"(","last_name":"Last )" + digits
                      + std::string(of.text_bytes, 'x') + R"("})"};
  }

  static std::unique_ptr<cerk::repository> open(caf::actor_system& system, cerk::provider& store,
                                                cerk::repository_options options) {
    return std::make_unique<cerk::repository>(system, store, std::move(options), example::users);
  }
};

} // namespace bench
