// What an owner may call durable: case by case, then against the fold of the whole log.
#define CAF_SUITE acknowledger

#include "acknowledger.hpp"

#include "support/property.hpp"

#include <map>
#include <optional>

using namespace cerk;

namespace {

constexpr term own{7};

// A partition as the broker has it, and an owner who claimed it at offset 0.
struct partition_log {
  record_batch records;
  std::int64_t end = 0;

  offset add_claim(std::uint64_t id, std::uint64_t replaces) {
    records.add({end}, 0, std::nullopt, claim_value({.id = {id}, .replaces = {replaces}}, 0), {},
                {});
    return {end++};
  }

  offset add(std::uint64_t term, std::uint64_t number, std::uint16_t k = 1, std::uint16_t n = 1) {
    const auto packed
      = pack({.k = k, .n = n, .term = {term}, .number = number, .version = {1}}, "a", "{}");
    records.add({end}, 0, "a", "{}", {packed.data(), packed.size()}, {});
    return {end++};
  }

  offset add_headerless() {
    records.add({end}, 0, "a", "{}", {}, {});
    return {end++};
  }
};

struct fixture {
  partition_log log;
  acknowledger ack{own, log.add_claim(own.value, 0), offset{0}};

  void produce(int records = 1) {
    for (int i = 0; i < records; ++i)
      ack.produced(1, 1);
  }

  // The numbers confirmed since the last call.
  std::vector<std::uint64_t> confirmed() {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, at] : ack.take_confirmed())
      numbers.push_back(number);
    return numbers;
  }

  // Reads until reports suffice again, or to the end.
  void read_back() {
    for (auto at = ack.begin_reading().value; at < log.end && ack.wants_reading(); ++at)
      ack.read(log.records.records()[static_cast<std::size_t>(at)]);
  }

  // Reads everything, as after a broken term.
  void read_on() {
    for (auto at = ack.begin_reading().value; at < log.end; ++at)
      ack.read(log.records.records()[static_cast<std::size_t>(at)]);
  }
};

using numbers = std::vector<std::uint64_t>;

} // namespace

CAF_TEST_FIXTURE_SCOPE(acknowledger_tests, fixture)

CAF_TEST(a_record_right_behind_the_last_one_known_is_confirmed_by_its_report) {
  produce(2);
  ack.reported(1, true, log.add(7, 1));
  ack.reported(2, true, log.add(7, 2));
  CAF_CHECK(confirmed() == (numbers{1, 2}));
  CAF_CHECK(!ack.wants_reading());
}

CAF_TEST(reports_are_consumed_in_the_order_of_production) {
  produce(2);
  const auto first = log.add(7, 1);
  ack.reported(2, true, log.add(7, 2));
  CAF_CHECK(confirmed().empty());
  ack.reported(1, true, first);
  CAF_CHECK(confirmed() == (numbers{1, 2}));
}

CAF_TEST(at_a_gap_by_a_foreign_claim_the_log_is_read_and_the_owner_is_fenced) {
  produce();
  log.add_claim(8, 7);
  ack.reported(1, true, log.add(7, 1));
  CAF_CHECK(confirmed().empty());
  CAF_REQUIRE(ack.wants_reading());
  read_back();
  CAF_CHECK(ack.is_fenced());
  CAF_CHECK(confirmed().empty());
}

CAF_TEST(at_a_gap_by_a_record_without_header_or_a_lost_claim_reading_confirms) {
  produce(2);
  log.add_headerless();
  log.add_claim(9, 3);
  ack.reported(1, true, log.add(7, 1));
  CAF_REQUIRE(ack.wants_reading());
  read_back();
  CAF_CHECK(confirmed() == numbers{1});
  ack.reported(2, true, log.add(7, 2));
  CAF_CHECK(confirmed() == numbers{2});
}

CAF_TEST(a_report_without_an_offset_is_settled_by_reading) {
  produce(3);
  log.add(7, 1);
  ack.reported(1, true, no_offset);
  CAF_REQUIRE(ack.wants_reading());
  const auto second = log.add(7, 2);
  read_back();
  CAF_CHECK(confirmed() == numbers{1});
  ack.reported(2, true, second);
  CAF_CHECK(confirmed() == numbers{2});
}

CAF_TEST(a_record_read_back_confirms_all_before_it_without_their_reports) {
  produce(3);
  log.add(7, 1);
  log.add(7, 2);
  const auto third = log.add(7, 3);
  read_on();
  CAF_CHECK(confirmed() == (numbers{1, 2, 3}));
  ack.reported(1, true, no_offset); // late, and no matter
  ack.reported(3, true, third);
  CAF_CHECK(confirmed().empty());
}

CAF_TEST(after_a_failed_report_nothing_is_known_until_a_newer_claim_is_read) {
  produce(3);
  ack.reported(1, true, log.add(7, 1));
  ack.reported(2, false, no_offset);
  ack.reported(3, false, no_offset);
  CAF_CHECK(confirmed() == numbers{1});
  CAF_CHECK(ack.is_broken());
  CAF_CHECK(!ack.wants_reading());
  log.add(7, 2); // it landed all the same
  ack.expect_claim({70});
  log.add_claim(70, 7);
  log.add(7, 3); // and this one too late
  read_on();
  CAF_CHECK(confirmed() == numbers{2});
  CAF_CHECK(ack.successor().first == term{70});
  CAF_CHECK_EQUAL(ack.successor().second.value, 3);
}

CAF_TEST(when_a_middle_record_is_lost_later_ones_are_void_whatever_their_reports) {
  produce(3);
  ack.reported(1, true, log.add(7, 1));
  ack.reported(3, true, log.add(7, 3));
  CAF_CHECK(!ack.wants_reading()); // its turn has not come
  ack.reported(2, true, no_offset);
  CAF_REQUIRE(ack.wants_reading());
  read_back();
  CAF_CHECK(confirmed() == numbers{1});
  CAF_CHECK(ack.is_broken());
}

CAF_TEST(a_group_is_read_back_from_its_middle) {
  ack.produced(1, 3);
  ack.produced(2, 3);
  ack.produced(3, 3);
  ack.reported(1, true, log.add(7, 1, 1, 3));
  log.add_headerless();
  ack.reported(2, true, log.add(7, 2, 2, 3));
  ack.reported(3, true, log.add(7, 3, 3, 3));
  CAF_CHECK(confirmed() == numbers{1});
  read_back();
  CAF_CHECK(confirmed() == (numbers{2, 3}));
}

CAF_TEST(an_own_claim_whose_place_is_unknown_is_looked_for) {
  log.add_claim(70, 7);
  acknowledger next{{70}, no_offset, offset{0}};
  next.produced(1, 1);
  next.reported(1, true, log.add(70, 1));
  CAF_REQUIRE(next.wants_reading());
  for (auto at = next.begin_reading().value; at < log.end && next.wants_reading(); ++at)
    next.read(log.records.records()[static_cast<std::size_t>(at)]);
  CAF_CHECK_EQUAL(next.take_confirmed().size(), 1u);
}

CAF_TEST(an_own_claim_that_landed_twice_changes_nothing) {
  produce();
  log.add_claim(7, 0);
  ack.reported(1, true, log.add(7, 1));
  CAF_REQUIRE(ack.wants_reading());
  read_back();
  CAF_CHECK(!ack.is_fenced());
  CAF_CHECK(confirmed() == numbers{1});
}

CAF_TEST(an_own_claim_that_landed_again_inside_a_group_does_not_tear_it) {
  ack.produced(1, 2);
  ack.produced(2, 2);
  ack.reported(1, true, log.add(7, 1, 1, 2));
  log.add_claim(7, 0);
  log.add(7, 2, 2, 2);
  ack.reported(2, true, no_offset);
  read_back();
  CAF_CHECK(confirmed() == (numbers{1, 2}));
}

CAF_TEST_FIXTURE_SCOPE_END()

CAF_TEST(what_is_confirmed_takes_effect_and_in_the_end_it_is_all_that_does) {
  CERK_PROPERTY("confirmed is what takes effect", [] {
    fixture f;
    struct flying {
      std::uint64_t number;
      std::uint16_t k;
      std::uint16_t n;
      std::optional<offset> landed;
      bool reported = false;
    };
    std::vector<flying> pipeline;
    std::uint64_t foreign = 100;
    std::uint64_t in_force = own.value;
    std::uint16_t k = 0;
    std::uint16_t n = 0;
    std::map<std::uint64_t, offset> confirmed;
    const auto take = [&] {
      for (const auto& [number, at] : f.ack.take_confirmed())
        RC_ASSERT(confirmed.emplace(number, at).second);
    };
    const int steps = *rc::gen::inRange(1, 120);
    for (int step = 0; step < steps; ++step) {
      const auto any = [&](auto&& wanted) -> flying* {
        std::vector<flying*> found;
        for (auto& record : pipeline)
          if (wanted(record))
            found.push_back(&record);
        return found.empty() ? nullptr : *rc::gen::elementOf(found);
      };
      switch (*rc::gen::inRange(0, 10)) {
        case 0:
        case 1:
        case 2:
          if (f.ack.is_broken() || f.ack.is_fenced())
            break;
          if (k == n) {
            k = 0;
            n = static_cast<std::uint16_t>(*rc::gen::inRange(1, 4));
          }
          ++k;
          pipeline.push_back({f.ack.next_number(), k, n, std::nullopt});
          f.ack.produced(k, n);
          // Most records land at once and in order.
          if (*rc::gen::inRange(0, 4) != 0)
            pipeline.back().landed = f.log.add(own.value, pipeline.back().number, k, n);
          break;
        case 3: // late, or once more
          if (auto* record = any([](const auto&) { return true; })) {
            const auto at = f.log.add(own.value, record->number, record->k, record->n);
            if (!record->landed && !record->reported)
              record->landed = at;
          }
          break;
        case 4:
        case 5:
        case 6: { // a report, of the first or of any
          auto* record = any([](const auto& r) { return !r.reported; });
          if (record == nullptr)
            break;
          record->reported = true;
          const bool stored = record->landed && *rc::gen::inRange(0, 12) != 0;
          const bool has_offset = *rc::gen::inRange(0, 6) != 0;
          f.ack.reported(record->number, stored,
                         stored && has_offset ? *record->landed : no_offset);
          break;
        }
        case 7:
          if (*rc::gen::inRange(0, 8) == 0) {
            f.log.add_claim(++foreign, in_force);
            in_force = foreign;
          } else {
            f.log.add_claim(++foreign, 3);
          }
          break;
        case 8:
          f.log.add_headerless();
          break;
        default:
          f.read_back();
      }
      take();
    }
    // The end: a newer claim of the own, and everything read.
    f.ack.expect_claim({99});
    f.log.add_claim(99, own.value);
    f.read_on();
    take();
    partition_fold fold;
    std::map<std::uint64_t, offset> effective;
    for (const auto& record : f.log.records.records()) {
      if (!record.has_key)
        fold.on_claim(*parse_claim(record.value()));
      else if (record.has_header() && fold.on_record(record.header).on_this != effect::voided)
        effective.emplace(record.header.number, record.offset);
    }
    RC_ASSERT(confirmed == effective);
    RC_ASSERT(f.ack.is_fenced() == (in_force != own.value));
  });
}
