/// SQLite's C API as two owning types. The only header that includes sqlite3.h.
#pragma once

#include "cerk/error.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cerk::sqlite {

struct close_connection {
  void operator()(sqlite3* db) const noexcept {
    sqlite3_close_v2(db);
  }
};

using connection = std::unique_ptr<sqlite3, close_connection>;

/// A prepared statement. Bound texts are not copied: they must live until `step` is done.
class statement {
public:
  statement() = default;
  statement(sqlite3* db, std::string_view sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &made, nullptr)
        != SQLITE_OK)
      throw failure_exception(
        {errc::store_unusable, std::string{sqlite3_errmsg(db)} + " in: " + std::string{sql}});
    handle_.reset(made);
  }

  statement& bind(int at, std::int64_t value) noexcept {
    sqlite3_bind_int64(handle_.get(), at, value);
    return *this;
  }

  statement& bind_text(int at, std::string_view value) noexcept {
    sqlite3_bind_text64(handle_.get(), at, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }

  statement& bind_blob(int at, std::string_view value) noexcept {
    sqlite3_bind_blob64(handle_.get(), at, value.data(), value.size(), SQLITE_STATIC);
    return *this;
  }

  statement& bind_null(int at) noexcept {
    sqlite3_bind_null(handle_.get(), at);
    return *this;
  }

  /// SQLITE_ROW, SQLITE_DONE or an extended error code.
  int step() noexcept {
    return sqlite3_step(handle_.get());
  }

  void reset() noexcept {
    sqlite3_reset(handle_.get());
  }

  bool is_null(int column) const noexcept {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }

  std::int64_t integer(int column) const noexcept {
    return sqlite3_column_int64(handle_.get(), column);
  }

  /// Lives until the next `step` or `reset`.
  std::string_view bytes(int column) const noexcept {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
    return data != nullptr ? std::string_view{data, size} : std::string_view{};
  }

private:
  struct finalize {
    void operator()(sqlite3_stmt* s) const noexcept {
      sqlite3_finalize(s);
    }
  };
  std::unique_ptr<sqlite3_stmt, finalize> handle_;
};

/// Resets a statement when the scope ends, so that it holds no lock and no bound text.
class reset_at_end {
public:
  explicit reset_at_end(statement& s) noexcept : statement_(s) {
  }
  ~reset_at_end() {
    statement_.reset();
  }
  reset_at_end(const reset_at_end&) = delete;
  reset_at_end& operator=(const reset_at_end&) = delete;

private:
  statement& statement_;
};

} // namespace cerk::sqlite
