// expect: an event must be described (BOOST_DESCRIBE_STRUCT) or have nlohmann/json
#include "domain.hpp"

struct blinked {
  int times = 0;
};

lamp evolve(lamp self, const blinked&) {
  return self;
}

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<blinked>("Blinked");
