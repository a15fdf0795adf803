// expect: upcast: the name belongs to another event type
#include "domain.hpp"

nlohmann::json turn(nlohmann::json old) {
  return old;
}

constexpr auto lamps = cerk::aggregate<lamp>("lamp")
                         .event<switched_on>("SwitchedOn")
                         .event<switched_off>("SwitchedOff")
                         .upcast("SwitchedOn", turn);
