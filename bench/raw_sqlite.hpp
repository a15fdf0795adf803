/// The floor under a SQLite store: the same file, keys and settings, and nothing of cerk.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

/// Inserts what cerk stores, in transactions of the caller's size.
class raw_sqlite {
public:
  explicit raw_sqlite(const std::string& path) {
    if (sqlite3_open_v2(path.c_str(), &db_,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr)
        != SQLITE_OK)
      throw std::runtime_error(path + " cannot be opened");
    for (const char* sql : {"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL",
                            "PRAGMA synchronous=FULL", "PRAGMA cache_size=-65536"})
      run(sql);
  }

  raw_sqlite(const raw_sqlite&) = delete;
  raw_sqlite& operator=(const raw_sqlite&) = delete;

  ~raw_sqlite() {
    for (auto* s : {begin_, commit_, insert_})
      sqlite3_finalize(s);
    sqlite3_close(db_);
  }

  void create() {
    run("CREATE TABLE records(offset INTEGER PRIMARY KEY, timestamp_ms INTEGER NOT NULL, key TEXT,"
        " value TEXT, header BLOB, headers BLOB, version INTEGER, command_id BLOB) STRICT");
    run(
      "CREATE UNIQUE INDEX records_by_version ON records(key, version) WHERE version IS NOT NULL");
    run("CREATE UNIQUE INDEX records_by_command ON records(key, command_id)"
        " WHERE command_id IS NOT NULL");
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    insert_ = prepare("INSERT INTO records VALUES(?,?,?,?,?,NULL,?,?)");
  }

  void begin() {
    step(begin_);
  }

  void commit() {
    step(commit_);
  }

  void insert(std::int64_t offset, std::int64_t time_ms, std::string_view key,
              std::string_view value, std::string_view header, std::uint64_t version,
              std::string_view command_id) {
    sqlite3_bind_int64(insert_, 1, offset);
    sqlite3_bind_int64(insert_, 2, time_ms);
    sqlite3_bind_text64(insert_, 3, key.data(), key.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_text64(insert_, 4, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_blob64(insert_, 5, header.data(), header.size(), SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 6, static_cast<std::int64_t>(version));
    sqlite3_bind_blob64(insert_, 7, command_id.data(), command_id.size(), SQLITE_STATIC);
    step(insert_);
  }

  /// Calls `see(key, value)` for each record with a key, in the order of the log.
  template <class F>
  std::uint64_t select(F&& see) {
    auto* s = prepare("SELECT offset, timestamp_ms, key, value, header, headers FROM records"
                      " WHERE offset >= 0 ORDER BY offset");
    std::uint64_t count = 0;
    while (sqlite3_step(s) == SQLITE_ROW) {
      auto column = [&](int i) {
        const auto* data = static_cast<const char*>(sqlite3_column_blob(s, i));
        return std::string_view{data, data != nullptr
                                        ? static_cast<std::size_t>(sqlite3_column_bytes(s, i))
                                        : 0};
      };
      if (sqlite3_column_type(s, 2) == SQLITE_NULL)
        continue;
      see(column(2), column(3));
      ++count;
    }
    sqlite3_finalize(s);
    return count;
  }

private:
  void run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string{sqlite3_errmsg(db_)} + ": " + sql);
  }

  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string{sqlite3_errmsg(db_)} + ": " + sql);
    return made;
  }

  void step(sqlite3_stmt* s) {
    if (sqlite3_step(s) != SQLITE_DONE)
      throw std::runtime_error(sqlite3_errmsg(db_));
    sqlite3_reset(s);
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

} // namespace bench
