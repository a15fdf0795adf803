// cerk-writer on SQLite, killed at random moments.
#define CAF_SUITE writer_crash

#include "crash_rounds.hpp"

using namespace system_test;

namespace {

// More than the framework allows one test by default.
const bool has_time = (caf::test::engine::max_runtime(280), true);

} // namespace

CAF_TEST(what_was_acknowledged_is_there_exactly_once_after_each_of_20_crashes) {
  const temporary_directory directory;
  crash_again_and_again({.store = "sqlite:" + directory / "u.db", .rounds = 20});
}
