// expect: cerk::optional_fields names a field that the struct does not have
#include "domain.hpp"

template <>
inline constexpr auto cerk::optional_fields<switched_on> = cerk::fields("bye");

constexpr auto lamps = cerk::aggregate<lamp>("lamp").event<switched_on>("SwitchedOn");

auto table = lamps.table();
