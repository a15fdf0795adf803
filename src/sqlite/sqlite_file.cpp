// Opening a store's file, and every SQL statement that cerk runs.
#include "sqlite/sqlite_file.hpp"

#include "cerk/options.hpp"

#include <nlohmann/json.hpp>

#include <chrono>

namespace cerk::sqlite {

namespace {

constexpr int application_id = 0x6365726b; // "cerk"
constexpr int schema_version = 1;
/// Page cache while the log is read from end to end.
constexpr std::size_t scan_cache_bytes = 2 << 20;

// `offset` is the rowid. `version` is set for effective events and nothing else, `command_id` for
// the first event of each command: the two unique indices are the conditional append.
constexpr const char* schema = R"(
CREATE TABLE records(
  offset INTEGER PRIMARY KEY,
  timestamp_ms INTEGER NOT NULL,
  key TEXT,
  value TEXT,
  header BLOB,
  headers BLOB,
  version INTEGER,
  command_id BLOB
) STRICT;
CREATE UNIQUE INDEX records_by_version ON records(key, version) WHERE version IS NOT NULL;
CREATE UNIQUE INDEX records_by_command ON records(key, command_id) WHERE command_id IS NOT NULL;
CREATE TABLE store(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO store VALUES('term', 0);
)";

[[noreturn]] void unusable(errc code, const std::string& path, const std::string& why) {
  throw failure_exception({code, "sqlite:" + path + ": " + why});
}

int integer_pragma(sqlite3* db, const char* sql) {
  statement s{db, sql};
  return s.step() == SQLITE_ROW ? static_cast<int>(s.integer(0)) : 0;
}

} // namespace

file::file(const sqlite_options& options) : path_(options.path) {
  open(options);
  prepare_schema(options);
  check(options);
  auto* db = db_.get();
  begin_ = {db, "BEGIN IMMEDIATE"};
  commit_ = {db, "COMMIT"};
  roll_back_ = {db, "ROLLBACK"};
  savepoint_ = {db, "SAVEPOINT command"};
  release_ = {db, "RELEASE command"};
  roll_back_to_ = {db, "ROLLBACK TO command"};
  insert_ = {db, "INSERT INTO records VALUES(?,?,?,?,?,?,?,?)"};
  set_term_ = {db, "UPDATE store SET value = ? WHERE name = 'term'"};
  get_term_ = {db, "SELECT value FROM store WHERE name = 'term'"};
  read_ = {db, "SELECT offset, timestamp_ms, key, value, header, headers FROM records"
               " WHERE offset >= ? ORDER BY offset"};
  read_aggregate_ = {db, "SELECT offset, timestamp_ms, value, header, version, headers FROM records"
                         " WHERE key = ? AND version > ? ORDER BY version LIMIT ?"};
  find_command_ = {db, "SELECT offset, version, header FROM records"
                       " WHERE key = ? AND command_id = ?"};
  version_ = {db, "SELECT max(version) FROM records WHERE key = ? AND version IS NOT NULL"};
  has_version_ = {db, "SELECT 1 FROM records WHERE key = ? AND version = ?"};
  statement last{db, "SELECT coalesce(max(offset), -1) FROM records"};
  last.step();
  end_ = {last.integer(0) + 1};
}

// -- opening --------------------------------------------------------------------------------------

void file::open(const sqlite_options& options) {
  sqlite3* db = nullptr;
  const int opened = sqlite3_open_v2(path_.c_str(), &db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                       | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                                     nullptr);
  db_.reset(db);
  if (opened != SQLITE_OK)
    unusable(errc::store_unusable, path_,
             std::string{"cannot be opened: "}
               + (db != nullptr ? sqlite3_errmsg(db) : "no memory"));
  if (sqlite3_db_readonly(db, "main") == 1)
    unusable(errc::store_unusable, path_, "cannot be written");
  // Before the first access: with it the lock is held for the store's life, and WAL needs no
  // shared memory.
  execute("PRAGMA locking_mode=EXCLUSIVE");
  execute("PRAGMA journal_mode=WAL");
  execute("PRAGMA synchronous=FULL");
  execute("PRAGMA foreign_keys=OFF");
  // In place of SQLite's own, which runs inside a COMMIT that somebody waits for.
  sqlite3_wal_hook(
    db_.get(),
    [](void* counter, sqlite3*, const char*, int pages) {
      *static_cast<int*>(counter) = pages;
      return SQLITE_OK;
    },
    &wal_pages_);
  set_cache_bytes(std::min<std::size_t>(options.cache_bytes, scan_cache_bytes));
  execute("BEGIN EXCLUSIVE");
  execute("COMMIT");
}

void file::checkpoint_if_due() noexcept {
  if (wal_pages_ < checkpoint_at_pages_)
    return;
  const int code
    = sqlite3_wal_checkpoint_v2(db_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // One that fails is tried again when the log has grown by as much.
  checkpoint_at_pages_ = code == SQLITE_OK ? wal_pages_max : wal_pages_ + wal_pages_max;
  wal_pages_ = 0;
}

void file::set_cache_bytes(std::size_t bytes) noexcept {
  const auto sql = "PRAGMA cache_size=-" + std::to_string(bytes / 1024);
  // It cannot fail for a reason that the next statement would not tell.
  sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
}

void file::execute(const char* sql) {
  const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  switch (code & 0xff) {
    case SQLITE_OK:
      return;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      unusable(errc::store_in_use, path_,
               "is in use by another process; a SQLite store has one owner");
    case SQLITE_NOTADB:
      unusable(errc::corrupt, path_, "is no SQLite file, or its first page is damaged");
    case SQLITE_CORRUPT:
      unusable(errc::corrupt, path_, std::string{"is damaged: "} + sqlite3_errmsg(db_.get()));
    default:
      unusable(errc::store_unusable, path_,
               std::string{"cannot be used: "} + sqlite3_errmsg(db_.get()) + " (" + sql + ")");
  }
}

void file::prepare_schema(const sqlite_options& options) {
  auto* db = db_.get();
  const int found_id = integer_pragma(db, "PRAGMA application_id");
  const int found_version = integer_pragma(db, "PRAGMA user_version");
  const bool is_empty = integer_pragma(db, "SELECT count(*) FROM sqlite_schema") == 0;
  if (is_empty && found_id == 0) {
    execute("BEGIN EXCLUSIVE");
    execute(schema);
    execute(("PRAGMA application_id=" + std::to_string(application_id)).c_str());
    execute(("PRAGMA user_version=" + std::to_string(schema_version)).c_str());
    execute("COMMIT");
  } else if (found_id != application_id) {
    unusable(errc::store_unusable, path_, "is a SQLite file, but not a cerk store");
  } else if (found_version != schema_version) {
    unusable(errc::store_unusable, path_,
             "has store format " + std::to_string(found_version) + "; this version of cerk reads "
               + std::to_string(schema_version));
  }
  if (options.file_bytes_max != 0) {
    const auto page = static_cast<std::size_t>(integer_pragma(db, "PRAGMA page_size"));
    execute(("PRAGMA max_page_count="
             + std::to_string(std::max<std::size_t>(options.file_bytes_max / page, 1)))
              .c_str());
  }
}

void file::check(const sqlite_options& options) {
  if (!options.quick_check)
    return;
  const auto now = environment::of_this_machine().steady_now;
  const auto started = now();
  statement s{db_.get(), "PRAGMA quick_check(1)"};
  const int code = s.step();
  if (code != SQLITE_ROW || s.bytes(0) != "ok")
    unusable(errc::corrupt, path_,
             "is damaged: "
               + (code == SQLITE_ROW ? std::string{s.bytes(0)} : sqlite3_errmsg(db_.get()))
               + "; restore it from a backup, or export what can be read with sqlite3's .recover");
  check_seconds_ = std::chrono::duration<double>(now() - started).count();
}

// -- reading --------------------------------------------------------------------------------------

term file::stored_term() {
  const reset_at_end reset{get_term_};
  return get_term_.step() == SQLITE_ROW ? term{static_cast<std::uint64_t>(get_term_.integer(0))}
                                        : term{};
}

result<void> file::read(offset& from, std::size_t bytes_max, record_batch& to) {
  const reset_at_end reset{read_};
  read_.bind(1, from.value);
  std::size_t bytes = 0;
  while (bytes == 0 || bytes < bytes_max) {
    const int code = read_.step();
    if (code == SQLITE_DONE)
      return {};
    if (code != SQLITE_ROW) {
      last_code_ = code;
      return error{(code & 0xff) == SQLITE_CORRUPT ? errc::corrupt : errc::store_unusable,
                   "sqlite:" + path_ + ": reading at offset " + std::to_string(from.value) + ": "
                     + message()};
    }
    const offset at{read_.integer(0)};
    const auto key = read_.is_null(2) ? std::nullopt : std::optional{read_.bytes(2)};
    const auto value = read_.is_null(3) ? std::nullopt : std::optional{read_.bytes(3)};
    to.add(at, read_.integer(1), key, value, read_.bytes(4), read_.bytes(5));
    bytes += 128 + (value ? value->size() : 0);
    from = {at.value + 1};
  }
  return {};
}

result<std::vector<stored_event>> file::read_aggregate(std::string_view id, version after,
                                                       std::size_t events_max) {
  const reset_at_end reset{read_aggregate_};
  read_aggregate_.bind_text(1, id)
    .bind(2, static_cast<std::int64_t>(after.value))
    .bind(3, static_cast<std::int64_t>(std::min<std::size_t>(events_max, INT64_MAX)));
  std::vector<stored_event> events;
  for (;;) {
    const int code = read_aggregate_.step();
    if (code == SQLITE_DONE)
      return events;
    if (code != SQLITE_ROW) {
      last_code_ = code;
      return error{errc::store_unusable, "sqlite:" + path_ + ": " + message()};
    }
    auto& event = events.emplace_back();
    event.offset = {read_aggregate_.integer(0)};
    event.timestamp_ms = read_aggregate_.integer(1);
    event.key = id;
    event.value = read_aggregate_.bytes(2);
    event.version = {static_cast<std::uint64_t>(read_aggregate_.integer(4))};
    event.headers = unpack_headers(read_aggregate_.bytes(5));
    if (const auto header = unpack(read_aggregate_.bytes(3))) {
      event.command_id = header->command_id;
      event.k = header->k;
      event.n = header->n;
    }
    const auto value = nlohmann::json::parse(event.value, nullptr, false);
    if (value.is_object() && value.contains("type") && value["type"].is_string())
      event.type = value["type"].get<std::string>();
  }
}

std::optional<file::first_try> file::find_command(std::string_view id, const command_id& command) {
  const reset_at_end reset{find_command_};
  find_command_.bind_text(1, id).bind_blob(2, {reinterpret_cast<const char*>(command.bytes.data()),
                                               command.bytes.size()});
  if (find_command_.step() != SQLITE_ROW)
    return std::nullopt;
  const auto header = unpack(find_command_.bytes(2));
  if (!header)
    return std::nullopt;
  // The events of one command are neighbours: one owner, one transaction.
  const auto more = static_cast<std::uint64_t>(header->n - 1);
  return first_try{header->digest,
                   {static_cast<std::uint64_t>(find_command_.integer(1)) + more},
                   {find_command_.integer(0) + static_cast<std::int64_t>(more)},
                   header->n};
}

version file::version_of(std::string_view id) {
  const reset_at_end reset{version_};
  version_.bind_text(1, id);
  return version_.step() == SQLITE_ROW ? version{static_cast<std::uint64_t>(version_.integer(0))}
                                       : version{};
}

bool file::has_version(std::string_view id, version at) {
  const reset_at_end reset{has_version_};
  has_version_.bind_text(1, id).bind(2, static_cast<std::int64_t>(at.value));
  return has_version_.step() == SQLITE_ROW;
}

// -- writing --------------------------------------------------------------------------------------

write_status file::status_of(int code) noexcept {
  switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE:
    case SQLITE_ROW:
      return write_status::ok;
    case SQLITE_CONSTRAINT:
      last_code_ = code;
      return write_status::taken;
    case SQLITE_FULL:
      last_code_ = code;
      return write_status::full;
    default:
      last_code_ = code;
      return write_status::failed;
  }
}

write_status file::begin() {
  const reset_at_end reset{begin_};
  end_at_begin_ = end_;
  return status_of(begin_.step());
}

write_status file::commit() {
  const reset_at_end reset{commit_};
  return status_of(commit_.step());
}

void file::roll_back() noexcept {
  // After some failures SQLite has rolled back by itself.
  if (sqlite3_get_autocommit(db_.get()) == 0) {
    const reset_at_end reset{roll_back_};
    roll_back_.step();
  }
  end_ = end_at_begin_;
}

void file::savepoint() noexcept {
  const reset_at_end reset{savepoint_};
  savepoint_.step();
  end_at_savepoint_ = end_;
}

void file::release_savepoint() noexcept {
  const reset_at_end reset{release_};
  release_.step();
}

void file::roll_back_to_savepoint() noexcept {
  const reset_at_end reset{roll_back_to_};
  roll_back_to_.step();
  release_savepoint();
  end_ = end_at_savepoint_;
}

write_status file::insert(std::int64_t timestamp_ms, const std::string_view* key,
                          const std::string_view* value, std::string_view header,
                          std::string_view packed_headers, std::optional<version> effective,
                          const command_id* first_of_command) {
  const reset_at_end reset{insert_};
  insert_.bind(1, end_.value).bind(2, timestamp_ms);
  key != nullptr ? insert_.bind_text(3, *key) : insert_.bind_null(3);
  value != nullptr ? insert_.bind_text(4, *value) : insert_.bind_null(4);
  header.empty() ? insert_.bind_null(5) : insert_.bind_blob(5, header);
  packed_headers.empty() ? insert_.bind_null(6) : insert_.bind_blob(6, packed_headers);
  effective ? insert_.bind(7, static_cast<std::int64_t>(effective->value)) : insert_.bind_null(7);
  if (first_of_command != nullptr)
    insert_.bind_blob(8, {reinterpret_cast<const char*>(first_of_command->bytes.data()),
                          first_of_command->bytes.size()});
  else
    insert_.bind_null(8);
  const auto status = status_of(insert_.step());
  if (status == write_status::ok)
    ++end_.value;
  return status;
}

write_status file::set_term(term now) {
  const reset_at_end reset{set_term_};
  set_term_.bind(1, static_cast<std::int64_t>(now.value));
  return status_of(set_term_.step());
}

std::string file::message() const {
  std::string text = sqlite3_errmsg(db_.get());
  if (last_code_ != SQLITE_OK)
    text += " (SQLite code " + std::to_string(last_code_) + ")";
  return text;
}

} // namespace cerk::sqlite
