/// A partition as text, one record a line with the fold's verdict on it: for tests to compare, and
/// for people to read.
#pragma once

#include <cerk/log.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

/// A line for the column names and one for each record, each behind a line feed:
///
///     offset  key  type        term  number      k/n  version  verdict
///     0       -    cerk.claim  11    replaces 0  -    -        effective
///     1       ada  Noted       11    1           1/1  1        effective
///
/// The verdict is "effective" or the reason why not; the version is what the record says of itself.
inline std::string dump_log(cerk::provider& store, cerk::partition_id partition) {
  using row = std::array<std::string, 8>;
  const auto or_dash = [](std::string_view text) { return text.empty() ? "-" : std::string{text}; };
  std::vector<row> rows{{"offset", "key", "type", "term", "number", "k/n", "version", "verdict"}};
  scan_log(store, partition, [&](const cerk::log_entry& entry) {
    const auto& event = entry.event;
    auto& line = rows.emplace_back();
    line.fill("-");
    line[0] = std::to_string(event.offset.value);
    line[1] = or_dash(event.key);
    line[2] = or_dash(event.type);
    if (entry.term != cerk::term{})
      line[3] = std::to_string(entry.term.value);
    if (entry.is_claim) {
      line[2] = cerk::claim_type;
      line[4] = "replaces " + std::to_string(cerk::parse_claim(entry.raw->value())->replaces.value);
    } else if (entry.raw->has_header()) {
      line[4] = std::to_string(entry.number);
      line[5] = std::to_string(event.k) + '/' + std::to_string(event.n);
      line[6] = std::to_string(event.version.value);
    }
    line[7] = entry.effective ? "effective" : entry.reason;
    return true;
  }).value();
  std::string text;
  std::array<std::size_t, 8> widths{};
  for (const auto& line : rows)
    for (std::size_t i = 0; i < line.size(); ++i)
      widths[i] = std::max(widths[i], line[i].size());
  for (const auto& line : rows) {
    text += '\n';
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      text += line[i] + std::string(widths[i] + 2 - line[i].size(), ' ');
    text += line.back();
  }
  return text;
}
