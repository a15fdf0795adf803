/// JSON whose parts are copies: CAF's checks hold references to what they compare, and a part of a
/// temporary would be gone by then.
#pragma once

#include <nlohmann/json.hpp>

#include <utility>

namespace system_test {

class json_copy : public nlohmann::json {
public:
  json_copy(nlohmann::json from) : nlohmann::json(std::move(from)) {
  }

  json_copy operator[](const char* key) const {
    return at(key);
  }

  json_copy operator[](int index) const {
    return at(static_cast<std::size_t>(index));
  }
};

} // namespace system_test
