/// Whether records lie where a store's settings would put them, so that commands find them.
#pragma once

#include "cerk/provider.hpp"

#include <optional>
#include <string_view>

namespace cerk {

/// Why the claim at `at`, which is in effect, was made for another store than `info` tells of;
/// nothing if it was not. With another number of partitions, or another partitioner, aggregates
/// would be looked for elsewhere, and begin anew there.
std::optional<error> misplaced(const provider_info& info, partition_id partition, offset at,
                               const claim& read);

/// Why the aggregate `id`, which has an event at `at`, does not belong in `partition`.
std::optional<error> misplaced(const provider_info& info, partition_id partition, offset at,
                               std::string_view id);

} // namespace cerk
