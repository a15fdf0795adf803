// The fold rule by rule, then against a reference that is written from the protocol's words.
#define CAF_SUITE fold

#include "fold.hpp"

#include "support/property.hpp"

#include <map>
#include <set>

using namespace cerk;

namespace {

claim claim_of(std::uint64_t id, std::uint64_t replaces) {
  return {.id = {id}, .replaces = {replaces}};
}

record_header record_of(std::uint64_t owner, std::uint64_t number, std::uint16_t k = 1,
                        std::uint16_t n = 1) {
  return {.k = k, .n = n, .term = {owner}, .number = number};
}

constexpr verdict applied{.on_this = effect::in_effect};
constexpr verdict pending{.on_this = effect::pending};
constexpr verdict completes{.on_this = effect::completes_group};

constexpr verdict voided(void_cause cause, bool voids_pending = false) {
  return {.on_this = effect::voided, .cause = cause, .voids_pending = voids_pending};
}

// A partition that term 1 owns.
partition_fold owned() {
  partition_fold fold;
  fold.on_claim(claim_of(1, 0));
  return fold;
}

} // namespace

// -- claims ---------------------------------------------------------------------------------------

CAF_TEST(the_first_claim_replaces_nobody) {
  partition_fold fold;
  CAF_CHECK(fold.current() == term{});
  CAF_CHECK(fold.on_claim(claim_of(1, 0)) == applied);
  CAF_CHECK(fold.current() == term{1});
  CAF_CHECK_EQUAL(fold.next_number(), 1u);
}

CAF_TEST(a_claim_is_in_effect_only_if_it_replaces_the_term_in_force) {
  auto fold = owned();
  CAF_CHECK(fold.on_claim(claim_of(2, 0)) == voided(void_cause::lost_claim));
  CAF_CHECK(fold.on_claim(claim_of(3, 9)) == voided(void_cause::lost_claim));
  CAF_CHECK(fold.current() == term{1});
  CAF_CHECK(fold.on_claim(claim_of(4, 1)) == applied);
  CAF_CHECK(fold.on_claim(claim_of(5, 1)) == voided(void_cause::lost_claim));
  CAF_CHECK(fold.current() == term{4});
}

CAF_TEST(a_copy_of_the_claim_in_force_changes_nothing) {
  auto fold = owned();
  fold.on_record(record_of(1, 1));
  CAF_CHECK(fold.on_claim(claim_of(1, 0)) == voided(void_cause::lost_claim));
  CAF_CHECK(fold.on_claim(claim_of(1, 1)) == voided(void_cause::lost_claim));
  CAF_CHECK_EQUAL(fold.next_number(), 2u);
}

CAF_TEST(a_claim_in_effect_begins_at_number_1) {
  auto fold = owned();
  fold.on_record(record_of(1, 1));
  fold.on_claim(claim_of(2, 1));
  CAF_CHECK_EQUAL(fold.next_number(), 1u);
  CAF_CHECK(fold.on_record(record_of(2, 1)) == applied);
}

// -- records --------------------------------------------------------------------------------------

CAF_TEST(records_of_the_term_take_effect_in_the_order_of_their_numbers) {
  auto fold = owned();
  for (std::uint64_t number = 1; number < 5; ++number)
    CAF_CHECK(fold.on_record(record_of(1, number)) == applied);
}

CAF_TEST(a_record_of_another_term_is_void) {
  auto fold = owned();
  fold.on_claim(claim_of(3, 9));
  CAF_CHECK(fold.on_record(record_of(3, 1)) == voided(void_cause::stale_term));
  fold.on_claim(claim_of(2, 1));
  CAF_CHECK(fold.on_record(record_of(1, 1)) == voided(void_cause::stale_term));
  CAF_CHECK_EQUAL(fold.next_number(), 1u);
}

CAF_TEST(a_record_of_a_term_that_nobody_claimed_is_void_for_that) {
  partition_fold fold;
  CAF_CHECK(fold.on_record(record_of(1, 1)) == voided(void_cause::unknown_term));
  fold.on_claim(claim_of(1, 0));
  CAF_CHECK(fold.on_record(record_of(2, 1)) == voided(void_cause::unknown_term));
  CAF_CHECK(fold.on_record(record_of(1, 1)) == applied);
}

CAF_TEST(who_begins_in_the_middle_knows_the_terms_that_it_is_told) {
  partition_fold fold{{3}, 7};
  CAF_CHECK(fold.knows({3}) && !fold.knows({2}));
  CAF_CHECK(fold.on_record(record_of(2, 1)) == voided(void_cause::unknown_term));
  fold.remember_claim({2});
  CAF_CHECK(fold.on_record(record_of(2, 1)) == voided(void_cause::stale_term));
  CAF_CHECK(fold.on_record(record_of(3, 7)) == applied);
  fold.on_claim(claim_of(4, 3));
  CAF_CHECK(fold.on_record(record_of(3, 8)) == voided(void_cause::stale_term));
}

CAF_TEST(after_a_lost_record_nothing_of_the_term_takes_effect) {
  auto fold = owned();
  fold.on_record(record_of(1, 1));
  CAF_CHECK(fold.on_record(record_of(1, 3)) == voided(void_cause::gap));
  CAF_CHECK(fold.on_record(record_of(1, 4)) == voided(void_cause::gap));
  CAF_CHECK(fold.on_record(record_of(1, 2)) == applied);
}

CAF_TEST(a_copy_takes_no_effect_a_second_time) {
  auto fold = owned();
  fold.on_record(record_of(1, 1));
  fold.on_record(record_of(1, 2));
  CAF_CHECK(fold.on_record(record_of(1, 1)) == voided(void_cause::copy));
  CAF_CHECK(fold.on_record(record_of(1, 2)) == voided(void_cause::copy));
  CAF_CHECK(fold.on_record(record_of(1, 3)) == applied);
}

CAF_TEST(outcomes_and_no_ops_use_up_their_number) {
  auto fold = owned();
  auto noop = record_of(1, 1);
  noop.kind = record_kind::noop;
  CAF_CHECK(fold.on_record(noop) == applied);
  CAF_CHECK(fold.on_record(record_of(1, 2)) == applied);
}

// -- groups ---------------------------------------------------------------------------------------

CAF_TEST(a_group_takes_effect_with_its_last_record) {
  auto fold = owned();
  CAF_CHECK(fold.on_record(record_of(1, 1, 1, 3)) == pending);
  CAF_CHECK(fold.has_pending());
  CAF_CHECK(fold.on_record(record_of(1, 2, 2, 3)) == pending);
  CAF_CHECK(fold.on_record(record_of(1, 3, 3, 3)) == completes);
  CAF_CHECK(!fold.has_pending());
}

CAF_TEST(records_of_others_do_not_tear_a_group) {
  auto fold = owned();
  fold.on_record(record_of(1, 1, 1, 2));
  CAF_CHECK(fold.on_record(record_of(7, 2, 2, 2)) == voided(void_cause::unknown_term));
  CAF_CHECK(fold.on_record(record_of(1, 1, 1, 2)) == voided(void_cause::copy));
  CAF_CHECK(fold.on_claim(claim_of(7, 3)) == voided(void_cause::lost_claim));
  CAF_CHECK(fold.on_headerless() == voided(void_cause::headerless_after_claim));
  CAF_CHECK(fold.has_pending());
  CAF_CHECK(fold.on_record(record_of(1, 2, 2, 2)) == completes);
}

CAF_TEST(a_claim_in_effect_voids_the_open_group) {
  auto fold = owned();
  fold.on_record(record_of(1, 1, 1, 2));
  CAF_CHECK((fold.on_claim(claim_of(2, 1)) == verdict{effect::in_effect, void_cause::none, true}));
  CAF_CHECK(!fold.has_pending());
  CAF_CHECK(fold.on_record(record_of(1, 2, 2, 2)) == voided(void_cause::stale_term));
  CAF_CHECK(fold.on_record(record_of(2, 1)) == applied);
}

CAF_TEST(a_group_that_its_owner_left_unfinished_is_void) {
  auto fold = owned();
  fold.on_record(record_of(1, 1, 1, 3));
  CAF_CHECK(
    (fold.on_record(record_of(1, 2)) == verdict{effect::in_effect, void_cause::none, true}));
  CAF_CHECK(!fold.has_pending());
  fold.on_record(record_of(1, 3, 1, 3));
  CAF_CHECK(
    (fold.on_record(record_of(1, 4, 1, 2)) == verdict{effect::pending, void_cause::none, true}));
  CAF_CHECK(fold.on_record(record_of(1, 5, 2, 2)) == completes);
}

CAF_TEST(a_group_without_its_beginning_is_void_and_uses_up_its_numbers) {
  auto fold = owned();
  CAF_CHECK(fold.on_record(record_of(1, 1, 2, 2)) == voided(void_cause::torn_group));
  CAF_CHECK(fold.on_record(record_of(1, 2)) == applied);
  fold.on_record(record_of(1, 3, 1, 3));
  CAF_CHECK(fold.on_record(record_of(1, 4, 3, 3)) == voided(void_cause::torn_group, true));
  fold.on_record(record_of(1, 5, 1, 3));
  CAF_CHECK(fold.on_record(record_of(1, 6, 2, 4)) == voided(void_cause::torn_group, true));
  CAF_CHECK(fold.on_record(record_of(1, 7)) == applied);
}

// -- records without a header ---------------------------------------------------------------------

CAF_TEST(a_record_without_header_takes_effect_until_the_first_claim) {
  partition_fold fold;
  CAF_CHECK(fold.on_headerless() == applied);
  fold.on_claim(claim_of(5, 4)); // void: it replaces a term that never was
  CAF_CHECK(fold.on_headerless() == applied);
  fold.on_claim(claim_of(1, 0));
  CAF_CHECK(fold.on_headerless() == voided(void_cause::headerless_after_claim));
}

CAF_TEST(every_cause_has_a_name_of_its_own) {
  std::set<std::string_view> names;
  for (auto cause :
       {void_cause::stale_term, void_cause::unknown_term, void_cause::gap, void_cause::copy,
        void_cause::lost_claim, void_cause::torn_group, void_cause::headerless_after_claim})
    names.insert(to_string(cause));
  CAF_CHECK_EQUAL(names.size(), 7u);
  CAF_CHECK(to_string(void_cause::none).empty());
}

// -- any history ----------------------------------------------------------------------------------

namespace {

struct written {
  enum class kind { claimed, numbered, headerless } is;
  claim as_claim;
  record_header as_record;
};

// What takes effect, worked out backwards: first the claims, then of each term the longest run of
// numbers, then of that run the groups that are whole. Knows nothing of the order in which the fold
// looks at things.
std::set<std::size_t> effective_by_hand(const std::vector<written>& log) {
  std::set<std::size_t> effective;
  std::vector<std::size_t> reigns; // where the claims in effect stand
  std::uint64_t reigning = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i].is == written::kind::claimed && log[i].as_claim.replaces.value == reigning
        && log[i].as_claim.id.value != reigning) {
      reigning = log[i].as_claim.id.value;
      reigns.push_back(i);
      effective.insert(i);
    }
    if (log[i].is == written::kind::headerless && reigns.empty())
      effective.insert(i);
  }
  for (std::size_t r = 0; r < reigns.size(); ++r) {
    const auto owner = log[reigns[r]].as_claim.id;
    const auto end = r + 1 < reigns.size() ? reigns[r + 1] : log.size();
    std::vector<std::size_t> run; // the record of number 1, of number 2 behind it, and so on
    for (auto i = reigns[r]; i < end; ++i)
      if (log[i].is == written::kind::numbered && log[i].as_record.term == owner
          && log[i].as_record.number == run.size() + 1)
        run.push_back(i);
    for (std::size_t begin = 0; begin < run.size();) {
      const auto n = log[run[begin]].as_record.n;
      bool whole = begin + n <= run.size();
      for (std::size_t k = 0; whole && k < n; ++k)
        whole = log[run[begin + k]].as_record.k == k + 1 && log[run[begin + k]].as_record.n == n;
      for (std::size_t k = 0; whole && k < n; ++k)
        effective.insert(run[begin + k]);
      begin += whole ? n : 1;
    }
  }
  return effective;
}

std::set<std::size_t> effective_by_fold(const std::vector<written>& log) {
  partition_fold fold;
  std::set<std::size_t> effective;
  std::vector<std::size_t> group;
  for (std::size_t i = 0; i < log.size(); ++i) {
    const auto said = log[i].is == written::kind::claimed    ? fold.on_claim(log[i].as_claim)
                      : log[i].is == written::kind::numbered ? fold.on_record(log[i].as_record)
                                                             : fold.on_headerless();
    if (said.voids_pending)
      group.clear();
    if (said.on_this == effect::pending)
      group.push_back(i);
    if (said.on_this == effect::completes_group)
      effective.insert(group.begin(), group.end()), group.clear();
    if (said.on_this == effect::in_effect || said.on_this == effect::completes_group)
      effective.insert(i);
    RC_ASSERT(fold.has_pending() == !group.empty());
    RC_ASSERT((said.on_this == effect::voided) == (said.cause != void_cause::none));
  }
  return effective;
}

// Owners that write what they should, in any interleaving, with records lost, copied and late.
std::vector<written> any_history() {
  std::vector<std::vector<written>> owners;
  const auto owner_count = *rc::gen::inRange<std::uint64_t>(1, 5);
  for (std::uint64_t id = 1; id <= owner_count; ++id) {
    auto& out = owners.emplace_back();
    out.push_back(
      {written::kind::claimed, claim_of(id, *rc::gen::inRange<std::uint64_t>(0, id)), {}});
    std::uint64_t number = 0;
    for (int groups = *rc::gen::inRange(0, 5); groups > 0; --groups) {
      const auto n = *rc::gen::inRange<std::uint16_t>(1, 4);
      for (std::uint16_t k = 1; k <= n; ++k)
        out.push_back({written::kind::numbered, {}, record_of(id, ++number, k, n)});
    }
  }
  std::vector<written> log;
  for (;;) {
    const auto who = *rc::gen::inRange<std::size_t>(0, owners.size() + 2);
    if (who == owners.size() + 1) {
      log.push_back({written::kind::headerless, {}, {}});
    } else if (who == owners.size()) {
      if (!log.empty())
        log.push_back(log[*rc::gen::inRange<std::size_t>(0, log.size())]); // a copy
    } else if (!owners[who].empty()) {
      if (*rc::gen::inRange(0, 12) != 0) // else it is lost
        log.push_back(owners[who].front());
      owners[who].erase(owners[who].begin());
    }
    bool done = log.size() > 60;
    if (!done) {
      done = true;
      for (const auto& left : owners)
        done = done && left.empty();
    }
    if (done)
      return log;
  }
}

} // namespace

CAF_TEST(whatever_is_interleaved_the_fold_agrees_with_the_protocol_s_words) {
  CERK_PROPERTY("fold == reference on plausible histories", [] {
    const auto log = any_history();
    RC_ASSERT(effective_by_fold(log) == effective_by_hand(log));
  });
}

CAF_TEST(even_nonsense_is_folded_as_the_protocol_says) {
  CERK_PROPERTY("fold == reference on nonsense", [] {
    std::vector<written> log;
    for (int i = *rc::gen::inRange(0, 40); i > 0; --i) {
      const auto n = *rc::gen::inRange<std::uint16_t>(1, 4);
      log.push_back(
        {*rc::gen::element(written::kind::claimed, written::kind::numbered, written::kind::numbered,
                           written::kind::numbered, written::kind::headerless),
         claim_of(*rc::gen::inRange<std::uint64_t>(1, 4), *rc::gen::inRange<std::uint64_t>(0, 4)),
         record_of(*rc::gen::inRange<std::uint64_t>(1, 4), *rc::gen::inRange<std::uint64_t>(1, 6),
                   *rc::gen::inRange<std::uint16_t>(1, static_cast<std::uint16_t>(n + 1)), n)});
    }
    RC_ASSERT(effective_by_fold(log) == effective_by_hand(log));
  });
}

CAF_TEST(what_takes_effect_of_a_term_is_a_prefix_of_what_its_owner_numbered) {
  CERK_PROPERTY("prefix", [] {
    const auto log = any_history();
    std::map<std::uint64_t, std::uint64_t> last;
    for (const auto i : effective_by_fold(log))
      if (log[i].is == written::kind::numbered)
        RC_ASSERT(log[i].as_record.number == ++last[log[i].as_record.term.value]);
  });
}
