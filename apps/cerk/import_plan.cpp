// The rules of an import, one function each.
#include "import_plan.hpp"

namespace cerk::cli {

namespace {

error bad(std::string what) {
  return {errc::bad_input, std::move(what)};
}

std::string number(std::int64_t n) {
  return std::to_string(n);
}

} // namespace

import_plan::import_plan(import_target target, bool keep_damaged)
  : target_(target),
    keep_damaged_(keep_damaged),
    claimed_(static_cast<std::size_t>(target.partition_count)) {
}

result<partition_id> import_plan::place(const record_line& line) {
  const auto& stored = line.stored;
  const bool has_key = stored.key && !stored.key->empty();
  const auto read = !has_key && stored.value ? parse_claim(*stored.value) : std::nullopt;
  if (auto checked = check_order(line); !checked)
    return checked.error();
  auto at = partition_for(line, read.has_value());
  if (!at)
    return at;
  if (auto checked = read ? check_claim(*read, *at) : check_event(line, *at); !checked)
    return checked.error();
  if (read) {
    ++claims_;
    claimed_[static_cast<std::size_t>(at->value)] = true;
  }
  return at;
}

result<partition_id> import_plan::partition_for(const record_line& line, bool is_claim) const {
  const auto count = target_.partition_count;
  const auto& key = line.stored.key;
  if (!key || key->empty()) {
    if (line.partition && *line.partition < count)
      return partition_id{*line.partition};
    if (count == 1 && !is_claim)
      return partition_id{0};
    if (count == 1 && !line.partition)
      return partition_id{0};
    return bad(line.partition
                 ? "partition " + number(*line.partition) + ", but the store has " + number(count)
                 : "a record without key needs its partition");
  }
  const auto at = partition_of(*key, count, target_.partitioner);
  if (claims_ != 0 && line.partition && *line.partition != at.value)
    return bad("partition " + number(*line.partition) + ", but its key belongs in partition "
               + number(at.value) + " of " + number(count));
  return at;
}

// Lines may mix partitions, but within one the file must have the order of the log; and behind a
// claim nothing may be missing, because a gap voids everything up to the next claim.
result<void> import_plan::check_order(const record_line& line) {
  if (!line.offset)
    return {};
  const auto source = line.partition.value_or(-1);
  const auto [last, is_first] = last_offset_.try_emplace(source, *line.offset);
  if (is_first)
    return {};
  const auto before = std::exchange(last->second, *line.offset);
  if (*line.offset <= before)
    return bad("offset " + number(*line.offset) + " comes after offset " + number(before)
               + " of the same partition; the lines of a partition must be in its order");
  const auto index = static_cast<std::size_t>(source == -1 ? 0 : source);
  if (*line.offset != before + 1 && index < claimed_.size() && claimed_[index])
    return bad("offset " + number(*line.offset) + " follows offset " + number(before)
               + ": records are missing between them, and without them the events behind would be "
                 "void; import a whole export");
  return {};
}

result<void> import_plan::check_claim(const claim& read, partition_id at) const {
  if (!target_.is_empty)
    return error{errc::fenced, "a claim: a log that was claimed can only be imported into an empty "
                               "store, and this one has records"};
  if (target_.partition_count > 1 && read.partitioner != to_string(target_.partitioner))
    return bad("a claim of a store that places its keys by " + read.partitioner
               + "; the target does by " + std::string{to_string(target_.partitioner)}
               + " (--partitioner)");
  if (read.partition_count != target_.partition_count)
    return bad("a claim of a store with " + number(read.partition_count)
               + " partitions; the target has " + number(target_.partition_count)
               + ", where other claims would void these events; make a store with as many");
  if (!claimed_[static_cast<std::size_t>(at.value)] && read.replaces != term{})
    return bad("the first claim of its partition replaces term "
               + std::to_string(read.replaces.value)
               + ", whose claim is missing; import a whole export");
  return {};
}

result<void> import_plan::check_event(const record_line& line, partition_id at) const {
  const auto& stored = line.stored;
  if (stored.header.empty()) {
    if (target_.is_claimed)
      return error{errc::fenced, "an event without header would be void in this store: it was "
                                 "claimed; import into a new store"};
    return {};
  }
  if (!target_.is_empty)
    return error{errc::fenced, "an event of a log that was claimed can only be imported into an "
                               "empty store, and this one has records"};
  if (!claimed_[static_cast<std::size_t>(at.value)])
    return bad("an event with a term, but no claim before it in its partition: it would be void; "
               "import a whole export");
  const std::string none;
  if (!keep_damaged_
      && (!unpack(stored.header)
          || !is_sealed(stored.header, stored.key.value_or(none), stored.value.value_or(none))))
    return bad("its seal is broken: key, value or header \"cerk\" is not as it was written "
               "(--keep-damaged takes it as it is)");
  return {};
}

} // namespace cerk::cli
