// Which partition restores next.
#define CAF_SUITE restore_turns
#include "restore_turns.hpp"

#include <caf/test/unit_test.hpp>

using namespace cerk;

namespace {

struct scene {
  restore_turns turns{2};
  std::vector<int> came;

  bool take(int who) {
    return turns.take({who}, [this, who] { came.push_back(who); });
  }
};

} // namespace

CAF_TEST(as_many_go_at_once_as_there_are_turns_and_the_others_in_order) {
  scene s;
  CAF_CHECK(s.take(0));
  CAF_CHECK(s.take(1));
  CAF_CHECK(!s.take(2));
  CAF_CHECK(!s.take(3));
  CAF_CHECK(s.came.empty());
  s.turns.leave({1});
  CAF_CHECK_EQUAL(s.came, (std::vector{2}));
  s.turns.leave({0});
  CAF_CHECK_EQUAL(s.came, (std::vector{2, 3}));
  s.turns.leave({2});
  CAF_CHECK(s.take(4));
}

CAF_TEST(who_leaves_while_it_waits_gets_no_turn) {
  scene s;
  for (int who = 0; who < 4; ++who)
    s.take(who);
  s.turns.leave({2});
  s.turns.leave({0});
  CAF_CHECK_EQUAL(s.came, (std::vector{3}));
}

CAF_TEST(a_turn_is_given_back_once) {
  scene s;
  for (int who = 0; who < 5; ++who)
    s.take(who);
  s.turns.leave({0});
  s.turns.leave({0});
  CAF_CHECK_EQUAL(s.came, (std::vector{2}));
}

CAF_TEST(there_is_one_turn_at_least) {
  restore_turns turns{0};
  CAF_CHECK(turns.take({0}, [] {}));
  CAF_CHECK(!turns.take({1}, [] {}));
}
