/// What the programs that must not compile have in common, and what is right about them.
#pragma once

#include <cerk/aggregate.hpp>

#include <string>

struct lamp {
  bool on = false;
};
BOOST_DESCRIBE_STRUCT(lamp, (), (on))

struct switched_on {
  std::string by;
};
BOOST_DESCRIBE_STRUCT(switched_on, (), (by))

struct switched_off {
  std::string by;
};
BOOST_DESCRIBE_STRUCT(switched_off, (), (by))

struct switch_on {
  std::string by;
};
BOOST_DESCRIBE_STRUCT(switch_on, (), (by))

inline lamp evolve(lamp, const switched_on&) {
  return {true};
}

inline lamp evolve(lamp, const switched_off&) {
  return {false};
}

inline cerk::decision<switched_on> decide(const lamp&, const switch_on& c) {
  return switched_on{c.by};
}
