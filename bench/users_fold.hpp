/// The users, folded by hand: what somebody would write who has this one domain and one thread.
#pragma once

#include "fold.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>

namespace bench {

/// Trusts every record to be in effect and undamaged, and fields to stand in their usual order.
class users_fold {
public:
  void operator()(std::string_view id, std::string_view event) {
    auto fields = reader_.read(event);
    if (const auto type = string_of(fields.find_field("type"));
        type != "UserCreatedEvent" && type != "UserModifiedEvent")
      throw std::runtime_error("unknown event type");
    auto& user = find_or_add(users_, id);
    user.first_name = string_of(fields.find_field("first_name"));
    user.last_name = string_of(fields.find_field("last_name"));
    ++user.version;
  }

  std::size_t size() const {
    return users_.size();
  }

  /// Calls `see(id, type, version, state)` for each, with the state as JSON text.
  template <class F>
  void for_each(F&& see) const {
    for (const auto& [id, user] : users_) {
      const nlohmann::ordered_json state{{"first_name", user.first_name},
                                         {"last_name", user.last_name}};
      see(id, "user", user.version, state.dump());
    }
  }

private:
  struct versioned_user {
    std::string first_name, last_name;
    std::uint64_t version = 0;
  };

  json_reader reader_;
  id_map<versioned_user> users_;
};

} // namespace bench
