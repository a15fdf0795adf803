// expect: two command types with one stored name
#include "domain.hpp"

struct switch_off {
  std::string by;
};
BOOST_DESCRIBE_STRUCT(switch_off, (), (by))

cerk::decision<switched_on> decide(const lamp&, const switch_off&) {
  return cerk::unchanged;
}

constexpr auto lamps = cerk::aggregate<lamp>("lamp")
                         .event<switched_on>("SwitchedOn")
                         .command<switch_on>("Switch")
                         .command<switch_off>("Switch");
