/// How often, and by which chance: for tests that do something again and again.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "caf/test/unit_test.hpp"

namespace system_test {

/// How often a test that repeats itself does so: CERK_ROUNDS, or a few times.
inline int rounds(int by_default) {
  const char* given = std::getenv("CERK_ROUNDS");
  return given != nullptr ? std::stoi(given) : by_default;
}

/// CERK_TEST_SEED, or another one each time; printed.
inline std::uint64_t seed_of_this_run() {
  const char* given = std::getenv("CERK_TEST_SEED");
  const auto seed = given != nullptr ? std::stoull(given) : std::random_device{}();
  CAF_MESSAGE("CERK_TEST_SEED=" << seed);
  return seed;
}

} // namespace system_test
