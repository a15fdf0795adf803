// cerk export: every record of the log as it is, claims and void ones too.
#include "commands.hpp"
#include "interrupt.hpp"
#include "ndjson_record.hpp"
#include "progress_bar.hpp"

namespace cerk::cli {

exit_code run_export(const common_flags& common, const export_flags& flags) {
  if (common.format.value_or(format::ndjson) != format::ndjson)
    throw stop{exit_code::usage, "an export is lines of JSON, which import reads: -o ndjson"};
  const auto store = store_flag{common.where}.open_existing();
  output out{flags.file};
  std::uint64_t records = 0;
  for (partition_id p{0}; p.value < store->info().partition_count; ++p.value) {
    const auto reader = store->read(p, offset{0}).value();
    const auto end = static_cast<std::uint64_t>(reader->end().value);
    progress_bar bar{"export of partition " + std::to_string(p.value), "records", end,
                     common.progress};
    std::string line;
    while (reader->position() < reader->end()) {
      const auto batch = reader->next(1 << 20).value();
      for (const auto& stored : batch->records()) {
        if (stored.offset >= reader->end())
          break;
        stop_if_interrupted();
        line.clear();
        write_line(line, p, stored);
        out.write(line);
        ++records;
        bar.at(static_cast<std::uint64_t>(stored.offset.value));
      }
    }
  }
  out.finish();
  note("exported " + std::to_string(records) + " records");
  return exit_code::ok;
}

} // namespace cerk::cli
