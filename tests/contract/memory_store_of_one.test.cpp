// The store contract again, kept by the memory provider with a single partition and a single
// flight.
#define CAF_SUITE memory_store_of_one

#include "cerk/memory_provider.hpp"

#include "store_contract.hpp"

namespace {

contract::factory make_store() {
  return {.make =
            [] {
              return std::make_unique<cerk::memory_provider>(
                cerk::memory_options{.partitions = 1, .flights_max = 1, .event_bytes_max = 4'096});
            },
          .event_bytes_max = 4'096};
}

} // namespace

#include "store_contract_tests.hpp"
