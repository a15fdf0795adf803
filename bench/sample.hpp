/// What a fold made, and whether a repository says the same.
#pragma once

#include <cerk/repository.hpp>

#include "fold.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <future>
#include <iterator>
#include <numeric>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

struct summary {
  std::uint64_t state_hash = 0;
  /// `[id, type, version, state]` of aggregates chosen at random.
  nlohmann::json sample = nlohmann::json::array();
};

/// Of all states of a fold, with a sample of `count` of them.
template <class Fold>
summary summarize(const Fold& from, std::size_t count, std::uint32_t seed) {
  std::vector<std::size_t> all(from.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  std::vector<std::size_t> chosen;
  std::ranges::sample(all, std::back_inserter(chosen), static_cast<std::ptrdiff_t>(count),
                      std::mt19937{seed});
  summary made;
  std::size_t at = 0;
  auto next = chosen.begin();
  from.for_each(
    [&](std::string_view id, std::string_view type, std::uint64_t version, std::string_view state) {
      made.state_hash += hash_of(id, type, version, state);
      if (next != chosen.end() && *next == at) {
        made.sample.push_back({id, type, version, state});
        ++next;
      }
      ++at;
    });
  return made;
}

/// Throws if `repo` answers otherwise.
inline void compare(const cerk::repository& repo, const nlohmann::json& sample) {
  for (const auto& expected : sample) {
    std::promise<cerk::result<cerk::json_snapshot>> promised;
    auto answer = promised.get_future();
    const auto id = expected[0].get<std::string>();
    repo.get(id, [&](auto found) { promised.set_value(std::move(found)); });
    const auto found = answer.get().value();
    if (const nlohmann::json actual{found.id, found.type, found.version.value, found.state};
        actual != expected)
      throw std::runtime_error("differs: " + actual.dump() + ", but fold has " + expected.dump());
  }
}

} // namespace bench
