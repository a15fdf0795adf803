// Sentences about claims and keys that do not fit, each with what mends it.
#include "cerk/placement.hpp"

namespace cerk {

namespace {

std::string spread(std::int32_t partitions, std::string_view by) {
  return std::to_string(partitions) + (partitions == 1 ? " partition" : " partitions") + " by "
         + std::string{by};
}

std::string place(const provider_info& info, partition_id partition, offset at) {
  return info.name + ": partition " + std::to_string(partition.value) + ", offset "
         + std::to_string(at.value) + ": ";
}

} // namespace

std::optional<error> misplaced(const provider_info& info, partition_id partition, offset at,
                               const claim& read) {
  const bool same_count = read.partition_count == info.partition_count;
  const bool same_place = info.partition_count == 1 // whatever the partitioner
                          || read.partitioner == to_string(info.partitioner);
  if (same_count && same_place)
    return std::nullopt;
  std::string text = place(info, partition, at) + "claimed for "
                     + spread(read.partition_count, read.partitioner) + ", but opened with "
                     + spread(info.partition_count, to_string(info.partitioner))
                     + ": aggregates would be looked for elsewhere; ";
  if (same_count)
    text += "set the partitioner (--partitioner) to " + read.partitioner;
  else
    text += "a number of partitions is for good: export the log, and import it into a store with "
            + std::to_string(read.partition_count);
  return error{errc::store_unusable, std::move(text)};
}

std::optional<error> misplaced(const provider_info& info, partition_id partition, offset at,
                               std::string_view id) {
  const auto home = partition_of(id, info);
  if (home == partition)
    return std::nullopt;
  const auto other = info.partitioner == partitioner::crc32 ? partitioner::murmur2
                                                            : partitioner::crc32;
  std::string text = place(info, partition, at) + "the key '"
                     + std::string{id.substr(0, aggregate_id_bytes_max)} + "' belongs in partition "
                     + std::to_string(home.value) + " of "
                     + spread(info.partition_count, to_string(info.partitioner))
                     + ", where its commands would not find it; ";
  if (partition_of(id, info.partition_count, other) == partition)
    text += "if the whole log was written so, set the partitioner (--partitioner) to "
            + std::string{to_string(other)};
  else
    text += "it was written with another number of partitions or another partitioner: export the "
            "log, and import it into a new store, which places each key";
  return error{errc::store_unusable, std::move(text)};
}

} // namespace cerk
