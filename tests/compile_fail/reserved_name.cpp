// expect: a stored name must not be empty or begin with 'cerk.'
#include "domain.hpp"

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<switched_on>("cerk.claim");
