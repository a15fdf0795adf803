// expect: decide() must return cerk::decision<Events...>
#include "domain.hpp"

struct repair {
  int tries = 0;
};
BOOST_DESCRIBE_STRUCT(repair, (), (tries))

switched_on decide(const lamp&, const repair&) {
  return {};
}

constexpr auto lamps
  = cerk::aggregate<lamp>("lamp").event<switched_on>("SwitchedOn").command<repair>("Repair");
