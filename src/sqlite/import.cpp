// Import: which of the records take effect is known only when their group ends.
#include "sqlite/import.hpp"

#include "fold.hpp"

#include <string>
#include <unordered_map>

namespace cerk::sqlite {

namespace {

struct folded {
  partition_fold fold;
  std::unordered_map<std::string, std::uint64_t> versions;
  std::vector<std::size_t> group; // indices of pending records
};

// What the fold says of each record: its version if it is an effective event.
void judge(folded& f, const std::optional<std::string>& key,
           const std::optional<std::string>& value, std::string_view header_bytes,
           std::size_t index, std::vector<std::optional<version>>& effective) {
  auto take_effect
    = [&](std::size_t at, const std::string& id) { effective[at] = version{++f.versions[id]}; };
  if (!key || key->empty()) {
    if (const auto read = value ? parse_claim(*value) : std::nullopt)
      if (f.fold.on_claim(*read).voids_pending)
        f.group.clear();
    return;
  }
  const auto header = unpack(header_bytes);
  if (!header_bytes.empty() && !header)
    return;
  const auto verdict = header ? f.fold.on_record(*header) : f.fold.on_headerless();
  if (verdict.voids_pending)
    f.group.clear();
  if (verdict.on_this == effect::pending) {
    f.group.push_back(index);
  } else if (verdict.on_this == effect::completes_group) {
    for (const auto member : f.group)
      take_effect(member, *key);
    f.group.clear();
    take_effect(index, *key);
  } else if (verdict.on_this == effect::in_effect
             && (!header || header->kind == record_kind::event)) {
    take_effect(index, *key);
  }
}

result<void> fold_present(file& from, folded& f) {
  for (offset at{0}; at < from.end();) {
    record_batch batch;
    if (auto read = from.read(at, 1 << 20, batch); !read)
      return read;
    std::vector<std::optional<version>> ignored(1); // only the counts matter here
    for (const auto& view : batch.records()) {
      const auto r = to_record(view);
      judge(f, r.key, r.value, r.header, 0, ignored);
    }
    if (!f.group.empty() && at >= from.end())
      return error{errc::corrupt, "the store ends inside a group of events"};
  }
  return {};
}

} // namespace

result<void> import_records(file& to, const std::vector<record>& records) {
  folded f;
  if (auto present = fold_present(to, f); !present)
    return present;
  std::vector<std::optional<version>> effective(records.size());
  for (std::size_t i = 0; i < records.size(); ++i)
    judge(f, records[i].key, records[i].value, records[i].header, i, effective);

  auto failed = [&] {
    error why{errc::unavailable, to.message() + "; nothing was imported"};
    to.roll_back();
    return why;
  };
  if (to.begin() != write_status::ok)
    return failed();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& r = records[i];
    const auto header = unpack(r.header);
    const bool begins_command = effective[i] && header && header->k == 1
                                && !header->command_id.is_nil();
    const std::string_view key = r.key ? std::string_view{*r.key} : std::string_view{};
    const std::string_view value = r.value ? std::string_view{*r.value} : std::string_view{};
    if (to.insert(r.timestamp_ms, r.key ? &key : nullptr, r.value ? &value : nullptr, r.header,
                  pack_headers(r.headers), effective[i],
                  begins_command ? &header->command_id : nullptr)
        != write_status::ok)
      return failed();
  }
  if (to.set_term(f.fold.current()) != write_status::ok || to.commit() != write_status::ok)
    return failed();
  return {};
}

} // namespace cerk::sqlite
