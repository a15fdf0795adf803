#define CAF_SUITE batcher

#include "batcher.hpp"

#include "support/property.hpp"

using namespace cerk;
using numbers = std::vector<int>;

CAF_TEST(the_first_item_may_go_at_once) {
  batcher<int> b{{.flights_max = 1, .batch_items_max = 10, .batch_bytes_max = 100}};
  CAF_CHECK(!b.may_send());
  CAF_CHECK(b.is_idle());
  b.add(1, 5);
  CAF_CHECK(b.may_send());
  CAF_CHECK_EQUAL(b.next(), numbers{1});
  CAF_CHECK_EQUAL(b.flights(), 1u);
  CAF_CHECK(!b.is_idle());
}

CAF_TEST(what_comes_during_a_flight_is_the_next_batch) {
  batcher<int> b{{.flights_max = 1, .batch_items_max = 10, .batch_bytes_max = 100}};
  b.add(1, 1);
  b.next();
  for (int i = 2; i < 6; ++i)
    b.add(i, 1);
  CAF_CHECK(!b.may_send());
  b.landed();
  CAF_CHECK(b.may_send());
  CAF_CHECK_EQUAL(b.next(), (numbers{2, 3, 4, 5}));
  b.landed();
  CAF_CHECK(b.is_idle());
}

CAF_TEST(several_flights_are_under_way_where_they_are_allowed) {
  batcher<int> b{{.flights_max = 2, .batch_items_max = 1, .batch_bytes_max = 100}};
  for (int i = 0; i < 3; ++i)
    b.add(i, 1);
  CAF_CHECK_EQUAL(b.next(), numbers{0});
  CAF_CHECK(b.may_send());
  CAF_CHECK_EQUAL(b.next(), numbers{1});
  CAF_CHECK(!b.may_send());
  CAF_CHECK_EQUAL(b.queued(), 1u);
}

CAF_TEST(a_batch_closes_at_its_number_of_items) {
  batcher<int> b{{.flights_max = 9, .batch_items_max = 2, .batch_bytes_max = 100}};
  for (int i = 0; i < 5; ++i)
    b.add(i, 1);
  CAF_CHECK_EQUAL(b.next(), (numbers{0, 1}));
  CAF_CHECK_EQUAL(b.next(), (numbers{2, 3}));
  CAF_CHECK_EQUAL(b.next(), numbers{4});
}

CAF_TEST(a_batch_closes_before_its_bytes_are_exceeded) {
  batcher<int> b{{.flights_max = 9, .batch_items_max = 9, .batch_bytes_max = 10}};
  b.add(0, 6);
  b.add(1, 4);
  b.add(2, 1);
  CAF_CHECK_EQUAL(b.next(), (numbers{0, 1}));
  CAF_CHECK_EQUAL(b.next(), numbers{2});
}

CAF_TEST(an_item_above_the_bound_goes_alone) {
  batcher<int> b{{.flights_max = 9, .batch_items_max = 9, .batch_bytes_max = 10}};
  b.add(0, 1);
  b.add(1, 11);
  b.add(2, 1);
  CAF_CHECK_EQUAL(b.next(), numbers{0});
  CAF_CHECK_EQUAL(b.next(), numbers{1});
  CAF_CHECK_EQUAL(b.next(), numbers{2});
}

CAF_TEST(what_has_not_gone_out_can_be_taken_back_in_order) {
  batcher<int> b{{.flights_max = 1, .batch_items_max = 1, .batch_bytes_max = 10}};
  for (int i = 0; i < 4; ++i)
    b.add(i, 1);
  b.next();
  numbers seen;
  b.for_each_queued([&](int i) { seen.push_back(i); });
  CAF_CHECK_EQUAL(seen, (numbers{1, 2, 3}));
  CAF_CHECK_EQUAL(b.take_queue(), (numbers{1, 2, 3}));
  CAF_CHECK_EQUAL(b.queued(), 0u);
  CAF_CHECK(!b.is_idle());
  b.landed();
  CAF_CHECK(b.is_idle());
}

CAF_TEST(nothing_is_lost_reordered_or_above_a_bound) {
  CERK_PROPERTY("batches", [](const std::vector<std::uint8_t>& sizes) {
    const batcher_limits limits{.flights_max = *rc::gen::inRange<std::size_t>(1, 4),
                                .batch_items_max = *rc::gen::inRange<std::size_t>(1, 8),
                                .batch_bytes_max = *rc::gen::inRange<std::size_t>(1, 400)};
    batcher<std::size_t> b{limits};
    std::vector<std::size_t> out;
    std::size_t in = 0;
    while (out.size() < sizes.size()) {
      if (in < sizes.size() && *rc::gen::arbitrary<bool>()) {
        b.add(in, sizes[in]);
        ++in;
      } else if (b.may_send()) {
        const auto batch = b.next();
        RC_ASSERT(!batch.empty() && batch.size() <= limits.batch_items_max);
        std::size_t bytes = 0;
        for (const auto item : batch)
          bytes += sizes[item];
        RC_ASSERT(batch.size() == 1 || bytes <= limits.batch_bytes_max);
        RC_ASSERT(b.flights() <= limits.flights_max);
        out.insert(out.end(), batch.begin(), batch.end());
      } else if (b.flights() > 0) {
        b.landed();
      } else {
        RC_ASSERT(b.queued() == 0u);
        if (in == sizes.size())
          break;
      }
    }
    RC_ASSERT(out.size() == sizes.size());
    for (std::size_t i = 0; i < out.size(); ++i)
      RC_ASSERT(out[i] == i);
  });
}
