// cerk verify: everything that is wrong with a log, a line each.
#include "cerk/detail/codec.hpp"
#include "cerk/placement.hpp"

#include "commands.hpp"
#include "interrupt.hpp"
#include "restore_watch.hpp"

#include <caf/actor_system.hpp>

#include <map>
#include <set>
#include <unordered_set>

namespace cerk::cli {

namespace {

/// What was found, printed as it comes.
class findings {
public:
  explicit findings(format as) : as_(as) {
    if (as_ == format::json)
      out_.write("[");
  }

  void problem(const std::string& what) {
    ++problems_;
    print("problem", what);
  }

  void warning(const std::string& what) {
    print("warning", what);
  }

  std::uint64_t problems() const noexcept {
    return problems_;
  }

  void finish() {
    if (as_ == format::json)
      out_.write(printed_ == 0 ? "]\n" : "\n]\n");
    out_.finish();
  }

private:
  void print(const char* severity, const std::string& what) {
    if (as_ == format::json)
      out_.write(printed_ == 0 ? "\n" : ",\n");
    ++printed_;
    if (as_ == format::text)
      return out_.write(std::string{severity} + ": " + what + '\n');
    std::string line = std::string{R"({"severity":")"} + severity + R"(","what":)";
    detail::write_string(line, what, detail::path{});
    out_.write(line + (as_ == format::json ? "}" : "}\n"));
  }

  format as_;
  output out_{"-"};
  std::uint64_t problems_ = 0;
  std::uint64_t printed_ = 0;
};

std::string place(partition_id partition, offset at) {
  return "partition " + std::to_string(partition.value) + ", offset " + std::to_string(at.value);
}

/// Looks at the records of one partition after the other. What another owner's claim made void is
/// how fencing works, and only counted.
class log_check {
public:
  log_check(const provider_info& info, findings& to) : info_(info), to_(to) {
  }

  void begin_partition() {
    seen_.clear();
  }

  void look_at(const log_entry& entry) {
    ++records_;
    const auto& event = entry.event;
    if (!entry.damage.empty() || is_foreign(entry.reason)) {
      known_.insert({event.partition.value, event.offset.value});
      to_.problem(place(event.partition, event.offset) + named(event.key) + ": "
                  + (entry.damage.empty() ? entry.reason : entry.damage));
    } else if (!entry.reason.empty()) {
      ++voids_[entry.reason];
    }
    if (!entry.effective)
      return;
    std::optional<error> elsewhere;
    if (entry.is_claim) {
      if (const auto read = parse_claim(event.value))
        elsewhere = misplaced(info_, event.partition, event.offset, *read);
    } else if (seen_.insert(event.key).second) {
      elsewhere = misplaced(info_, event.partition, event.offset, std::string_view{event.key});
    }
    if (elsewhere)
      to_.problem(elsewhere->what);
  }

  /// A finding of the restore, unless the record was a finding already.
  void quarantined(const quarantined_aggregate& which) {
    if (!known_.contains({which.partition.value, which.offset.value}))
      to_.problem(place(which.partition, which.offset) + named(which.id) + ": " + which.cause);
  }

  void summarize() const {
    note(std::to_string(records_) + " records");
    for (const auto& [reason, count] : voids_)
      note(std::to_string(count) + " of them have no effect: " + reason);
  }

private:
  // Unlike what fencing leaves behind, these say that somebody else writes.
  static bool is_foreign(std::string_view reason) {
    return reason.starts_with("unreadable") || reason == "headerless_after_claim";
  }

  static std::string named(const std::string& key) {
    return key.empty() ? std::string{} : ", aggregate '" + key + '\'';
  }

  const provider_info& info_;
  findings& to_;
  std::unordered_set<std::string> seen_;                  // aggregates of this partition
  std::set<std::pair<std::int32_t, std::int64_t>> known_; // records that are findings
  std::map<std::string, std::uint64_t> voids_;
  std::uint64_t records_ = 0;
};

// What only the domain's types can tell: events that cannot be decoded or applied.
void restore_and_look(provider& store, const repository_opener& open, bool progress,
                      log_check& check, findings& to) {
  actor_system_config config;
  caf::actor_system system{config};
  restore_watch watch{store.info().partition_count};
  const auto repo = open(system, store,
                         {.wait_until_restored = false,
                          .read_only = true,
                          .on_progress = [&](const restore_progress& now) { watch.report(now); }});
  progress_bar bar{"verify", "records", 0, progress};
  try {
    static_cast<void>(watch.wait(bar));
  } catch (const stop& e) {
    if (e.code() != exit_code::failed)
      throw;
    return to.problem(std::string{"it cannot be restored: "} + e.what());
  }
  for (const auto& aggregate : repo->quarantined())
    check.quarantined(aggregate);
}

} // namespace

exit_code run_verify(const common_flags& common, const repository_opener& open) {
  const store_flag named{common.where};
  findings found{common.format.value_or(format::text)};
  for (const auto& finding : named.inspect())
    finding.risk ? found.problem(finding.what) : found.warning(finding.what);
  const auto store = named.open_to_look();
  log_check check{store->info(), found};
  for (partition_id p{0}; p.value < store->info().partition_count; ++p.value) {
    progress_bar bar{"verify partition " + std::to_string(p.value), "records", 0, common.progress};
    check.begin_partition();
    scan_log(
      *store, p,
      [&](const log_entry& entry) {
        stop_if_interrupted();
        check.look_at(entry);
        return true;
      },
      [&](offset position, offset end) { bar.at(position, end); })
      .value();
  }
  restore_and_look(*store, open, common.progress, check, found);
  found.finish();
  check.summarize();
  return found.problems() == 0 ? exit_code::ok : exit_code::problems;
}

} // namespace cerk::cli
