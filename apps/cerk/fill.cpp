// cerk fill: generated events, the same for the same seed.
#include "cerk/log.hpp"
#include "cerk/options.hpp"
#include "cerk/record.hpp"

#include "commands.hpp"
#include "interrupt.hpp"
#include "progress_bar.hpp"

#include <algorithm>
#include <chrono>

namespace cerk::cli {

namespace {

// Round robin over the aggregates: the worst case for whoever groups a log by aggregate.
class slots {
public:
  slots(const fill_flags& flags, std::uint64_t aggregates) : flags_(flags), ids_(aggregates) {
    for (std::uint64_t i = 0; i < aggregates; ++i)
      ids_[i]
        = aggregate_id_from_key("fill " + std::to_string(flags.seed) + ' ' + std::to_string(i));
  }

  fill_slot operator[](std::uint64_t event) const {
    return {.id = ids_[event % ids_.size()],
            .round = event / ids_.size(),
            .random = mixed(flags_.seed + event * 0x9E3779B97F4A7C15ULL),
            .bytes = flags_.bytes};
  }

private:
  // splitmix64: neighbours in, nothing alike out.
  static std::uint64_t mixed(std::uint64_t x) noexcept {
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
  }

  const fill_flags& flags_;
  std::vector<std::string> ids_;
};

class writing_cerk_events {
public:
  // What the writer hands to the store at once; about 1 KiB each.
  static constexpr std::uint64_t chunk_events = 65'536;

  explicit writing_cerk_events(provider& store)
    : writer_(log_writer::open(store, "cerk fill").value()) {
  }

  void write(std::vector<new_event> events) {
    writer_->send(events).value();
  }

private:
  std::unique_ptr<log_writer> writer_;
};

// What the Go library's fill tool writes: no header, version 1 always, an empty payload.
class writing_legacy_events {
public:
  // A store folds what it has before it takes more as it is, so few large chunks.
  static constexpr std::uint64_t chunk_events = 250'000;

  explicit writing_legacy_events(provider& store) : store_(store) {
    for (std::int32_t p = 0; p < store.info().partition_count; ++p)
      scan_log(store, partition_id{p}, [&](const log_entry& entry) {
        stop_if_interrupted();
        if (entry.is_claim && entry.effective)
          throw stop{exit_code::conflict, store.info().name
                                            + " was claimed: events without header would be void "
                                              "in it; use a new store"};
        return true;
      }).value();
  }

  void write(std::vector<new_event> events) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(
                       environment::of_this_machine().system_now().time_since_epoch())
                       .count();
    std::vector<std::vector<record>> partitions(
      static_cast<std::size_t>(store_.info().partition_count));
    for (auto& event : events) {
      const auto at = partition_of(event.aggregate_id, store_.info());
      auto value = legacy_value(event, now);
      partitions[static_cast<std::size_t>(at.value)].push_back(
        {.timestamp_ms = now, .key = std::move(event.aggregate_id), .value = std::move(value)});
    }
    for (std::size_t p = 0; p < partitions.size(); ++p)
      if (!partitions[p].empty())
        store_.append_verbatim(partition_id{static_cast<std::int32_t>(p)}, partitions[p]).value();
  }

private:
  static std::string legacy_value(const new_event& event, std::int64_t now) {
    std::string text = "{\"Event\":null,\"id\":";
    detail::write_string(text, event.aggregate_id, detail::path{});
    text += ",\"type\":";
    detail::write_string(text, event.type, detail::path{});
    text
      += R"(,"payload":"","create_time":")" + to_rfc3339(now).substr(0, 19) + R"(Z","version":1)";
    const auto own = std::string_view{event.fields}.substr(1); // behind the brace
    return text.append(own == "}" ? "" : ",").append(own);
  }

  provider& store_;
};

template <class Writing>
std::uint64_t write_all(Writing writing, const fill_flags& flags, const slots& all,
                        const generator& make, bool progress) {
  progress_bar bar{"fill", "events", flags.count, progress};
  std::uint64_t done = 0;
  while (done < flags.count) {
    stop_if_interrupted();
    const auto end = std::min(done + Writing::chunk_events, flags.count);
    std::vector<new_event> events;
    events.reserve(end - done);
    for (std::uint64_t i = done; i < end; ++i)
      events.push_back(make(all[i]));
    writing.write(std::move(events));
    bar.at(done = end);
  }
  return done;
}

} // namespace

exit_code run_fill(const common_flags& common, const fill_flags& flags, const generator& make) {
  const auto aggregates = std::min(flags.count, flags.aggregates.value_or(1'000));
  const auto store = store_flag{common.where}.open_or_make();
  const auto started = std::chrono::steady_clock::now();
  const slots all{flags, aggregates};
  const auto events
    = flags.legacy ? write_all(writing_legacy_events{*store}, flags, all, make, common.progress)
                   : write_all(writing_cerk_events{*store}, flags, all, make, common.progress);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  print_result({{"events", events},
                {"aggregates", aggregates},
                {"seconds", took.count()},
                {"events_per_second", rate(events, took.count())}},
               common.format.value_or(format::json));
  return exit_code::ok;
}

} // namespace cerk::cli
