/// The SQLite file of a store: opening, checking, its statements. No threads.
#pragma once

#include "cerk/provider.hpp"
#include "cerk/sqlite_provider.hpp"

#include "sqlite/connection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cerk::sqlite {

/// How a write ended.
enum class write_status : std::uint8_t {
  ok,
  /// A unique key is taken: version or command id.
  taken,
  /// The disk or the allowed size is full. Nothing of the transaction is or will be stored.
  full,
  /// Any other failure.
  failed,
};

/// The write-ahead log is moved into the file at 16 MiB: its pages repeat, so a longer one is moved
/// at less cost for each commit, and a start after a crash reads it in milliseconds.
constexpr int wal_pages_max = 4'096;

/// The file. Used by one thread at a time.
class file {
public:
  /// Throws `failure_exception`, see `sqlite_provider`.
  explicit file(const sqlite_options& options);

  double check_seconds() const noexcept {
    return check_seconds_;
  }

  /// The first offset that is not in use.
  offset end() const noexcept {
    return end_;
  }

  /// The term in force according to the file.
  term stored_term();

  /// Until the first append the cache is small: what is read once, from end to end, stays in the
  /// processor's caches instead.
  void set_cache_bytes(std::size_t bytes) noexcept;

  // -- reading --

  /// Adds records from `from` on to `to`, about `bytes_max` bytes, at least one if there is one.
  result<void> read(offset& from, std::size_t bytes_max, record_batch& to);

  /// Effective events of one aggregate after a version.
  result<std::vector<stored_event>> read_aggregate(std::string_view id, version after,
                                                   std::size_t events_max);

  struct first_try {
    std::uint64_t digest = 0;
    version at;
    offset last;
    std::uint32_t event_count = 0;
  };
  /// The events of a command that is stored already.
  std::optional<first_try> find_command(std::string_view id, const command_id& command);
  version version_of(std::string_view id);
  bool has_version(std::string_view id, version at);

  // -- writing --

  write_status begin();
  /// Makes everything since `begin` durable. After `failed` nobody can know whether it is.
  write_status commit();
  void roll_back() noexcept;

  /// Writes one record at `end()`. `effective` is its version if it is an effective event; a
  /// command id belongs to the first event of each command only.
  write_status insert(std::int64_t timestamp_ms, const std::string_view* key,
                      const std::string_view* value, std::string_view header,
                      std::string_view packed_headers, std::optional<version> effective,
                      const command_id* first_of_command);
  write_status set_term(term now);

  void savepoint() noexcept;
  void release_savepoint() noexcept;
  void roll_back_to_savepoint() noexcept;

  /// Moves what the write-ahead log holds into the file if it has grown to its bound. Takes
  /// milliseconds, so it is for a moment when nobody waits for an answer. What cannot be moved now
  /// stays in the write-ahead log, where it is as durable, until the next time.
  void checkpoint_if_due() noexcept;

  /// Of the last failure.
  std::string message() const;
  bool last_was_full() const noexcept {
    return (last_code_ & 0xff) == SQLITE_FULL;
  }

private:
  void execute(const char* sql);
  void open(const sqlite_options& options);
  void prepare_schema(const sqlite_options& options);
  void check(const sqlite_options& options);
  write_status status_of(int code) noexcept;

  std::string path_;
  connection db_;
  double check_seconds_ = 0;
  offset end_{0};
  offset end_at_begin_{0};
  offset end_at_savepoint_{0};
  int last_code_ = SQLITE_OK;
  int wal_pages_ = 0; // after the last COMMIT
  int checkpoint_at_pages_ = wal_pages_max;
  statement begin_, commit_, roll_back_, savepoint_, release_, roll_back_to_;
  statement insert_, set_term_, get_term_, read_, read_aggregate_, find_command_, version_,
    has_version_;
};

} // namespace cerk::sqlite
