// expect: two event types with one stored name
#include "domain.hpp"

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<switched_on>("SwitchedOn", "SwitchedOn");
