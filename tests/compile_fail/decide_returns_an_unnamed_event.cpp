// expect: decide() returns an event that the aggregate's table does not name
#include "domain.hpp"

constexpr auto lamps
  = cerk::aggregate<lamp>("lamp").event<switched_off>("SwitchedOff").command<switch_on>("SwitchOn");

auto table = lamps.table();
