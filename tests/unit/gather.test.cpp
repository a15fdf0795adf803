#define CAF_SUITE gather

#include "sqlite/gather.hpp"

#include "caf/test/unit_test.hpp"

using cerk::sqlite::gather;
using namespace std::chrono_literals;

CAF_TEST(a_lone_client_never_waits) {
  gather g;
  CAF_CHECK(!g.should_wait(1, 0ns));
  g.ended(1, 0, 1ms);
  CAF_CHECK(!g.should_wait(1, 0ns));
}

CAF_TEST(as_many_are_waited_for_as_were_answered_or_waiting) {
  gather g;
  g.ended(60, 4, 1ms);
  CAF_CHECK(g.should_wait(1, 0ns));
  CAF_CHECK(g.should_wait(63, 0ns));
  CAF_CHECK(!g.should_wait(64, 0ns));
}

CAF_TEST(a_transaction_waits_no_longer_than_a_second_one_would_take) {
  gather g;
  g.ended(64, 0, 1ms);
  CAF_CHECK(g.should_wait(2, 999us));
  CAF_CHECK(!g.should_wait(2, 1ms));
}

CAF_TEST(waits_in_vain_become_rarer_up_to_a_bound) {
  gather g;
  auto transactions_without_waiting = [&] {
    int count = 0;
    for (g.ended(2, 0, 1ms); !g.should_wait(1, 0ns); g.ended(2, 0, 1ms))
      ++count;
    return count;
  };
  for (const int expected : {0, 1, 3, 7, 15, 31, 63, 63}) {
    CAF_CHECK_EQUAL(transactions_without_waiting(), expected);
    g.waited_in_vain();
  }
  g.found_company();
  while (!g.should_wait(1, 0ns))
    g.ended(2, 0, 1ms);
  g.waited_in_vain();
  CAF_CHECK_EQUAL(transactions_without_waiting(), 1);
}

CAF_TEST(patience_is_an_eighth_of_a_commit_within_bounds) {
  gather g;
  CAF_CHECK(g.patience() == 50us);
  g.ended(1, 0, 100us);
  CAF_CHECK(g.patience() == 50us);
  g.ended(1, 0, 2ms);
  CAF_CHECK(g.patience() == 250us);
  g.ended(1, 0, 1s);
  CAF_CHECK(g.patience() == 2ms);
}
