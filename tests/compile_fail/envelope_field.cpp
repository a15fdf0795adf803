// expect: an event field must not be called id, type, version, create_time
#include "domain.hpp"

struct moved {
  std::string version;
};
BOOST_DESCRIBE_STRUCT(moved, (), (version))

lamp evolve(lamp self, const moved&) {
  return self;
}

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<moved>("Moved");
