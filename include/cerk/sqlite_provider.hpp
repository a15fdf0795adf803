/// The embedded durable store: one SQLite file, one partition, one process.
#pragma once

#include "cerk/provider.hpp"

#include <memory>

namespace cerk {

/// Settings of a SQLite store.
struct sqlite_options {
  /// The file; made if missing, its folder is not.
  std::string path;
  /// Largest event in bytes.
  std::size_t event_bytes_max = 512 << 10;
  /// Largest file in bytes; past it appends are refused like on a full disk. 0: no bound.
  std::size_t file_bytes_max = 0;
  /// Page cache in bytes, once the store is claimed. A larger one helps once the indices outgrow
  /// it.
  std::size_t cache_bytes = 64 << 20;
  /// Appends waiting for the writing thread, in commits; past it they are refused as overloaded.
  std::size_t queue_commits_max = 65'536;
  /// Check the file's structure when opening. Its cost grows with the file; see `check_seconds`.
  bool quick_check = true;
};

/// One connection with `locking_mode=EXCLUSIVE`, WAL and `synchronous=FULL`: what is answered is on
/// disk as far as fsync is honest. A thread of its own takes everything that waits into one
/// transaction, one savepoint per commit.
///
/// After an I/O error at the end of a transaction nobody can know what is on disk, so the store
/// answers `unknown` and takes nothing more until it is opened again; a full disk is refused before
/// anything is written and the store goes on.
class sqlite_provider final : public provider {
public:
  /// Throws `failure_exception`: `store_in_use` when another process has the file open,
  /// `store_unusable` when it cannot be opened or written or is no cerk store, `corrupt` when its
  /// structure is damaged.
  explicit sqlite_provider(sqlite_options options);
  ~sqlite_provider() override;

  const provider_info& info() const noexcept override;
  result<std::unique_ptr<record_reader>> read(partition_id partition, offset from) override;
  void append_claim(partition_id partition, const claim& wanted, claim_done done) override;
  void append(partition_id partition, term owner, std::vector<commit_ptr> commits,
              append_done done) override;
  void read_aggregate(partition_id partition, std::string aggregate_id, version after,
                      std::size_t events_max, events_done done) override;
  result<void> append_verbatim(partition_id partition, const std::vector<record>& records) override;
  void close() override;

  /// What `quick_check` took when the store was opened.
  double check_seconds() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace cerk
