/// A commit as records: shared by every provider.
#pragma once

#include "cerk/provider.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace cerk {

/// Calls `write(header, value, version, k)` for each event of `c`, numbering from `next_number` on.
/// `write` returns false to stop; returns whether it never did.
template <class Write>
bool for_each_record(const commit& c, term owner, std::uint64_t next_number, Write&& write) {
  record_header header{.kind = c.kind,
                       .n = static_cast<std::uint16_t>(c.events.size()),
                       .term = owner,
                       .number = next_number,
                       .version = c.expected_version,
                       .command_id = c.command_id,
                       .digest = c.digest};
  for (std::size_t i = 0; i < c.events.size(); ++i) {
    header.k = static_cast<std::uint16_t>(i + 1);
    if (c.kind == record_kind::event)
      ++header.version.value;
    const auto packed = pack(header, c.aggregate_id, c.events[i]);
    if (!write(std::string_view{packed.data(), packed.size()}, std::string_view{c.events[i]},
               header.version, header.k))
      return false;
    ++header.number;
  }
  return true;
}

/// The refusal of a commit that no provider may write; nothing if it is fit.
std::optional<error> unfit(const commit& c, std::size_t event_bytes_max);

} // namespace cerk
