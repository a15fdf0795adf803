// expect: write decide(const State&, const Command&) -> cerk::decision<Events...>
#include "domain.hpp"

struct repair {
  int tries = 0;
};
BOOST_DESCRIBE_STRUCT(repair, (), (tries))

constexpr auto lamps
  = cerk::aggregate<lamp>("lamp").event<switched_on>("SwitchedOn").command<repair>("Repair");
