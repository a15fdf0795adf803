// The same tool for somebody else's aggregates, in one line of their own.
#define CAF_SUITE cli_own_aggregates

#include <cerk/cli.hpp>

#include "../../examples/users.hpp"

#include "caf/test/unit_test.hpp"

namespace {

struct counted {
  int by = 1;
};
BOOST_DESCRIBE_STRUCT(counted, (), (by))

struct counter {
  int value = 0;
};
BOOST_DESCRIBE_STRUCT(counter, (), (value))

counter evolve(counter self, const counted& e) {
  return {self.value + e.by};
}

inline constexpr auto counters = cerk::aggregate<counter>("counter").event<counted>("Counted");

} // namespace

CAF_TEST(one_line_makes_a_tool_for_several_aggregates) {
  const char* argv[] = {"mine", "replay", "--store", "sqlite:/nonexistent/u.db"};
  CAF_CHECK_EQUAL(cerk::cli::run(4, argv, counters, example::users), 1);
  CAF_CHECK_EQUAL(cerk::cli::run(1, argv, counters), 2);
}

CAF_TEST(without_a_generator_there_is_no_fill) {
  const char* argv[] = {"mine", "fill", "-n", "1", "--store", "sqlite:/nonexistent/u.db"};
  CAF_CHECK_EQUAL(cerk::cli::run(6, argv, counters), 2);
  const cerk::cli::tool with{.fill = [](const cerk::cli::fill_slot& slot) {
    return cerk::new_event{std::string{slot.id}, "Counted", R"({"by":1})"};
  }};
  CAF_CHECK_EQUAL(cerk::cli::run(6, argv, with, counters), 1);
}
