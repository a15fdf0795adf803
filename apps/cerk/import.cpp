// cerk import: lines of JSON into a store, all of them or none.
#include "cerk/log.hpp"
#include "cerk/options.hpp"

#include "commands.hpp"
#include "import_plan.hpp"
#include "interrupt.hpp"
#include "line_source.hpp"
#include "progress_bar.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <vector>

namespace cerk::cli {

namespace {

/// The file's records by partition, checked.
struct checked_file {
  std::map<std::int32_t, std::vector<record>> partitions;
  std::uint64_t records = 0;
  std::uint64_t claims = 0;
};

std::size_t bytes_of(const record& r) {
  std::size_t sum = sizeof(record) + r.header.size() + (r.key ? r.key->size() : 0)
                    + (r.value ? r.value->size() : 0);
  for (const auto& [name, value] : r.headers)
    sum += sizeof r.headers.front() + name.size() + value.size();
  return sum;
}

import_target look_at(provider& store) {
  import_target target{.partition_count = store.info().partition_count,
                       .partitioner = store.info().partitioner};
  for (std::int32_t p = 0; p < target.partition_count; ++p)
    scan_log(store, partition_id{p}, [&](const log_entry& entry) {
      stop_if_interrupted();
      target.is_empty = false;
      target.is_claimed = target.is_claimed || (entry.is_claim && entry.effective);
      return !target.is_claimed;
    }).value();
  return target;
}

checked_file read_and_check(const import_flags& flags, import_target target, bool progress) {
  line_source lines{flags.file};
  progress_bar bar{"reading", "bytes", lines.bytes_total(), progress};
  import_plan plan{target, flags.keep_damaged};
  simdjson::dom::parser parser;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(
                     environment::of_this_machine().system_now().time_since_epoch())
                     .count();
  checked_file file;
  std::size_t bytes = 0;
  std::string_view line;
  while (lines.next(line)) {
    auto read = read_line(parser, line);
    const auto at = read ? plan.place(*read) : result<partition_id>{read.error()};
    if (!at)
      throw stop{exit_code_of(at.error()),
                 lines.here() + ": " + at.error().what + "; nothing was imported"};
    read->stored.timestamp_ms = read->timestamp_ms.value_or(now);
    bytes += bytes_of(read->stored);
    if (bytes >> 20 >= flags.memory_mib)
      throw stop{exit_code::failed, lines.here() + ": the records before it fill the "
                                      + std::to_string(flags.memory_mib)
                                      + " MiB that --memory allows; nothing was imported"};
    file.partitions[at->value].push_back(std::move(read->stored));
    ++file.records;
    bar.at(lines.bytes_read());
  }
  file.claims = plan.claims();
  return file;
}

// A log that was claimed may hold void records, and then it had better be known.
void tell_what_is_void(provider& store) {
  std::map<std::string, std::uint64_t> by_reason;
  for (std::int32_t p = 0; p < store.info().partition_count; ++p)
    scan_log(store, partition_id{p}, [&](const log_entry& entry) {
      if (!entry.effective)
        ++by_reason[entry.reason];
      return true;
    }).value();
  for (const auto& [reason, count] : by_reason)
    note(std::to_string(count) + " of the imported records have no effect: " + reason);
}

} // namespace

exit_code run_import(const common_flags& common, const import_flags& flags) {
  const store_flag named{common.where};
  // A store that is in use says so before the file is read; one that has to be made is made only
  // for a file that is fit.
  auto store = named.exists() ? named.open_existing() : nullptr;
  const auto started = std::chrono::steady_clock::now();
  const auto target = store ? look_at(*store)
                            : import_target{.partition_count = named.partition_count(),
                                            .partitioner = named.partitioner()};
  const auto file = read_and_check(flags, target, common.progress);
  if (!store)
    store = named.open_or_make();
  {
    const dies_at_once transaction; // a partition's records are one
    for (const auto& [partition, records] : file.partitions)
      store->append_verbatim(partition_id{partition}, records).value();
  }
  if (file.claims != 0)
    tell_what_is_void(*store);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  print_result({{"records", file.records},
                {"claims", file.claims},
                {"seconds", took.count()},
                {"records_per_second", rate(file.records, took.count())}},
               common.format.value_or(format::json));
  return exit_code::ok;
}

} // namespace cerk::cli
