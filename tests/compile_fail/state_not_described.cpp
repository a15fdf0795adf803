// expect: state must be described (BOOST_DESCRIBE_STRUCT) or have
#include "domain.hpp"

struct door {
  bool open = false;
};

constexpr auto doors = cerk::aggregate<door>("door");
