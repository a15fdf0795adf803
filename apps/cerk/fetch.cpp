// cerk fetch: the log's events with what the fold says of each.
#include "cerk/detail/codec.hpp"

#include "commands.hpp"
#include "interrupt.hpp"
#include "ndjson_record.hpp"
#include "progress_bar.hpp"

#include <unistd.h>

#include <algorithm>

namespace cerk::cli {

namespace {

void write_string_member(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  if (text.empty())
    out += "null";
  else
    detail::write_string(out, text, detail::path{});
}

std::string command_id_of(const log_entry& entry) {
  return entry.event.command_id.is_nil() ? std::string{} : to_string(entry.event.command_id);
}

std::uint64_t version_of(const log_entry& entry) {
  return entry.effective ? entry.event.version.value : 0;
}

std::string as_json(const log_entry& entry) {
  const auto& event = entry.event;
  std::string out = "{\"partition\":" + std::to_string(event.partition.value)
                    + ",\"offset\":" + std::to_string(event.offset.value)
                    + ",\"timestamp\":" + std::to_string(event.timestamp_ms) + ',';
  write_bytes(out, "key", entry.raw->has_key ? std::optional{entry.raw->key()} : std::nullopt);
  write_string_member(out, "type", event.type);
  out += ",\"version\":" + std::to_string(version_of(entry));
  out += entry.effective ? ",\"effective\":true" : ",\"effective\":false";
  write_string_member(out, "reason", entry.reason);
  // As text: many JSON readers round integers above 2^53.
  write_string_member(out, "term", entry.term == term{} ? "" : std::to_string(entry.term.value));
  write_string_member(out, "command_id", command_id_of(entry));
  out += ',';
  write_bytes(out, "value",
              entry.raw->has_value ? std::optional{entry.raw->value()} : std::nullopt);
  return out + '}';
}

// For people: tabs between, and nothing that could steer a terminal.
std::string as_text(const log_entry& entry) {
  const auto& event = entry.event;
  std::string out = std::to_string(event.partition.value) + ':' + std::to_string(event.offset.value)
                    + '\t' + event.key + '\t' + event.type + '\t'
                    + (entry.effective ? std::to_string(version_of(entry)) : entry.reason) + '\t'
                    + event.value;
  std::replace_if(
    out.begin(), out.end(),
    [](char c) { return c != '\t' && (static_cast<unsigned char>(c) < 0x20 || c == 0x7f); }, '?');
  return out;
}

// Prints entries until there were as many as wanted.
class printer {
public:
  printer(format as, const fetch_flags& wanted) : as_(as), wanted_(wanted) {
    if (as_ == format::json)
      out_.write("[");
  }

  bool has_enough() const {
    return wanted_.count && printed_ >= *wanted_.count;
  }

  bool print(const log_entry& entry) {
    stop_if_interrupted();
    if (wanted_.to && entry.event.offset.value >= *wanted_.to)
      return false;
    if (has_enough())
      return false;
    if (!is_wanted(entry))
      return true;
    if (as_ == format::json)
      out_.write(printed_ == 0 ? "\n" : ",\n");
    out_.write(as_ == format::text ? as_text(entry) : as_json(entry));
    if (as_ != format::json)
      out_.write("\n");
    ++printed_;
    return !has_enough();
  }

  void finish() {
    if (as_ == format::json)
      out_.write(printed_ == 0 ? "]\n" : "\n]\n");
    out_.finish();
  }

private:
  bool is_wanted(const log_entry& entry) const {
    const bool is_event = entry.raw->has_key && entry.raw->key_size != 0
                          && entry.kind == record_kind::event; // void ones, too
    return entry.event.offset.value >= wanted_.from && (is_event || wanted_.all)
           && (!wanted_.key || (is_event && entry.event.key == *wanted_.key));
  }

  format as_;
  const fetch_flags& wanted_;
  output out_{"-"};
  std::uint64_t printed_ = 0;
};

} // namespace

exit_code run_fetch(const common_flags& common, const fetch_flags& flags) {
  const auto store = store_flag{common.where}.open_existing();
  const auto count = store->info().partition_count;
  if (flags.partition && *flags.partition >= count)
    throw stop{exit_code::usage, "-p " + std::to_string(*flags.partition) + ": "
                                   + store->info().name + " has partitions 0 to "
                                   + std::to_string(count - 1)};
  printer out{common.format.value_or(format::ndjson), flags};
  // The fold needs the log from its start, whatever is printed of it.
  for (partition_id p{0}; p.value < count && !out.has_enough(); ++p.value) {
    if (flags.partition && *flags.partition != p.value)
      continue;
    progress_bar bar{"fetch from partition " + std::to_string(p.value), "records", 0,
                     common.progress && isatty(STDOUT_FILENO) == 0};
    scan_log(
      *store, p, [&](const log_entry& entry) { return out.print(entry); },
      [&](offset position, offset end) { bar.at(position, end); })
      .value();
  }
  out.finish();
  return exit_code::ok;
}

} // namespace cerk::cli
