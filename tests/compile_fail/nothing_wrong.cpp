// expect: nothing
#include "domain.hpp"

constexpr auto lamps = cerk::aggregate<lamp>("lamp")
                         .event<switched_on>("SwitchedOn", "LampOn")
                         .event<switched_off>("SwitchedOff")
                         .command<switch_on>("SwitchOn");
static_assert(lamps.table().event_names.size() == 3);
