// expect: this event type is in the table already
#include "domain.hpp"

constexpr auto lamps
  = cerk::aggregate<lamp>("lamp").event<switched_on>("SwitchedOn").event<switched_on>("LampOn");
