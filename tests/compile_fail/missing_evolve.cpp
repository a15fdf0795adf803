// expect: write evolve(State, const Event&) -> State next to the event
#include "domain.hpp"

struct broken {
  int reason = 0;
};
BOOST_DESCRIBE_STRUCT(broken, (), (reason))

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<broken>("Broken");
