// The store contract, kept by the memory provider with one partition and with several.
#define CAF_SUITE memory_store

#include "cerk/memory_provider.hpp"

#include "store_contract.hpp"

namespace {

contract::factory make_store() {
  return {.make =
            [] {
              return std::make_unique<cerk::memory_provider>(
                cerk::memory_options{.partitions = 4, .event_bytes_max = 4'096});
            },
          .event_bytes_max = 4'096};
}

} // namespace

#include "store_contract_tests.hpp"

CAF_TEST(a_lost_acknowledgement_is_unknown_and_ends_the_term) {
  cerk::memory_provider store{{.partitions = 1}};
  contract::claim_all(store, 11, 0);
  store.inject({0}, cerk::append_fault::lose_acknowledgement);
  CAF_CHECK(contract::append_one(store, 11, contract::make_commit("ada", 0)).ended
            == contract::status::unknown);
  CAF_CHECK(contract::append_one(store, 11, contract::make_commit("ada", 1)).ended
            == contract::status::stopped);
  CAF_CHECK_EQUAL(contract::events_of(store, "ada").size(), 1u); // it was written all the same
}

CAF_TEST(a_late_landing_behind_a_newer_claim_is_void) {
  cerk::memory_provider store{{.partitions = 1}};
  contract::claim_all(store, 11, 0);
  store.inject({0}, cerk::append_fault::late_landing);
  CAF_CHECK(contract::append_one(store, 11, contract::make_commit("ada", 0)).ended
            == contract::status::unknown);
  contract::claim_all(store, 12, 11);
  store.land_late({0});
  CAF_CHECK(contract::events_of(store, "ada").empty());
}

CAF_TEST(answers_are_held_back_and_released_in_order) {
  cerk::memory_provider store{{.partitions = 1, .hold_answers = true}};
  std::vector<int> answered;
  for (int i = 0; i < 3; ++i)
    store.append_claim({0}, {.id = {11}},
                       [&, i](const cerk::result<cerk::offset>&) { answered.push_back(i); });
  CAF_CHECK(answered.empty());
  CAF_CHECK_EQUAL(store.release(2), 2u);
  CAF_CHECK((answered == std::vector<int>{0, 1}));
  CAF_CHECK_EQUAL(store.held(), 1u);
}
