// What a line of progress says.
#define CAF_SUITE cli_progress

#include "progress_bar.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk::cli;

CAF_TEST(progress_tells_share_rate_and_time_left) {
  CAF_CHECK_EQUAL(
    progress_line(
      {.label = "replay", .unit = "events", .done = 900'000, .total = 2'000'000, .seconds = 2}),
    "replay 45% 900,000 of 2,000,000 events, 450,000/s, 3 s left");
}

CAF_TEST(without_an_end_progress_tells_what_it_knows) {
  CAF_CHECK_EQUAL(progress_line({.label = "fetch", .unit = "records", .done = 12, .seconds = 3}),
                  "fetch 12 records, 4/s");
}

CAF_TEST(before_anything_is_done_there_is_no_rate) {
  CAF_CHECK_EQUAL(progress_line(
                    {.label = "fill", .unit = "events", .done = 0, .total = 10, .seconds = 3}),
                  "fill 0% 0 of 10 events");
}

CAF_TEST(a_bar_fits_its_terminal) {
  const progress_state half{
    .label = "fill", .unit = "events", .done = 5, .total = 10, .seconds = 1};
  CAF_CHECK_EQUAL(progress_bar_line(half, 200),
                  "[##########..........] fill 50% 5 of 10 events, 5/s, 1 s left");
  CAF_CHECK_EQUAL(progress_bar_line(half, 12), "[##########.");
}
