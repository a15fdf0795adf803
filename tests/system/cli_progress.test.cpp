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

CAF_TEST(a_restore_tells_its_own_rates) {
  CAF_CHECK_EQUAL(progress_line({.label = "replay",
                                 .unit = "records",
                                 .done = 900'000,
                                 .total = 2'000'000,
                                 .events = 880'000,
                                 .bytes = 148'400'000,
                                 .seconds = 2}),
                  "replay 45% 900,000 of 2,000,000 records, 440,000 events/s, 74.2 MB/s, 3 s left");
}

CAF_TEST(a_long_time_is_told_in_minutes_and_hours) {
  const auto line = [](std::uint64_t seconds_left) {
    return progress_line(
      {.label = "x", .unit = "y", .done = 1, .total = 1 + seconds_left, .seconds = 1});
  };
  const auto ends = [&](std::uint64_t seconds, const std::string& text) {
    CAF_CHECK(line(seconds).ends_with(", 1/s, " + text + " left"));
  };
  ends(119, "119 s");
  ends(120, "2 min");
  ends(121, "3 min");
  ends(7'140, "119 min");
  ends(7'141, "2 h 0 min");
  ends(11'000, "3 h 4 min");
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
