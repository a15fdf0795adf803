/// The read side's half: follows the effective events of a store from a saved position.
#pragma once

#include "cerk/event.hpp"
#include "cerk/log.hpp"
#include "cerk/options.hpp"
#include "cerk/provider.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace cerk {

/// Where a reader goes on: behind the events that were handed out, before all others.
///
/// It belongs to one log, and to copies of it that keep every record at its offset.
struct reader_position {
  /// Between two records of a partition. With it goes the state of the fold there, because what
  /// takes effect depends on what was before.
  struct place {
    cerk::offset next{0};
    /// The term in force; 0: nobody had claimed the partition.
    cerk::term term;
    /// The number that its next record must have.
    std::uint64_t next_number = 1;

    friend bool operator==(const place&, const place&) = default;
  };

  /// One for each partition. Empty: the start of all of them.
  std::vector<place> partitions;

  /// What `to_string` made. Errors: `bad_input`, with what is wrong and where.
  static result<reader_position> parse(std::string_view text);

  friend bool operator==(const reader_position&, const reader_position&) = default;
};

/// One line of JSON, about 60 bytes for each partition, to be stored with what was made of the
/// events: `{"format":1,"partitions":[{"next":12,"term":"1234605616436508552","number":5}]}`.
std::string to_string(const reader_position& position);

/// Settings of one reader.
struct reader_options {
  reader_position position{};
  /// A batch is closed at this many events or bytes; the events of the command that reaches the
  /// bound come whole. Larger batches make fewer transactions of the read model's, and more to do
  /// again after a crash.
  std::size_t events_max = 1'000;
  /// Also what is read ahead in each partition; a provider may read ahead by itself.
  std::size_t bytes_max = 1 << 20;
  /// An event must make the next version of its aggregate: checked for those met since the reader
  /// was opened, this many, about 100 bytes each. With more than that all are forgotten, and the
  /// next version of each is believed. Legacy events have to be counted: among them every aggregate
  /// is remembered.
  std::size_t aggregates_remembered_max = 100'000;
  /// Called inside `next` for what must not be passed over without a word (`log_entry::damage`),
  /// `why` naming partition, offset and cause. True: pass over it and go on; after a restart the
  /// same record may be shown again. Nothing, or false: the reader stops there with `why`.
  std::function<bool(const log_entry& entry, const error& why)> on_unreadable{};
  cerk::environment environment = cerk::environment::of_this_machine();
};

/// Events, and the position behind them.
struct event_batch {
  /// In the order of each partition; the events of one command stand together.
  std::vector<stored_event> events;
  reader_position position;
};

/// Follows a store: every effective event of every partition, each once, none that is void.
///
///     auto following = cerk::reader::open(store, {.position = saved}).value();
///     for (;;) {
///       auto batch = following->next(1s).value();
///       // one transaction: apply batch.events, save to_string(batch.position)
///     }
///
/// Exactly once is the read model's doing: if it saves the position in the transaction in which it
/// applies the events, then after a crash it goes on without a gap and without a copy.
///
/// What takes effect is decided by the fold (docs/record_format.md), as by every other reader, so a
/// fenced owner's records are never seen, and a command's events are handed out when all of them
/// are in the log. Claims nothing and disturbs nobody.
///
/// Versions are those of the records' sealed headers; events without one (legacy) are counted. So
/// who goes on in the middle of legacy events counts again from the partition's start, in `open`.
/// A term that is not known behind a saved position is looked for once among the claims before it,
/// which reads the partition up to there. A store that was claimed from its start pays neither, but
/// for a fenced owner's late record right behind a saved position.
///
/// Partitions take turns: each batch begins with the one after that of the batch before, and while
/// one cannot be reached the others go on.
/// Memory: `bytes_max` for each partition, a batch, and the open group of each partition.
/// Thread: one at a time. The store must outlive it.
class reader {
public:
  /// Blocks until every partition is open, see above. Errors: those of `provider::read`;
  /// `bad_input` if the position has another number of partitions, `store_unusable` if it lies
  /// behind the log's end, both because it is of another log.
  static result<std::unique_ptr<reader>> open(provider& store, reader_options options = {});
  ~reader();

  /// The next events. Waits for them at most `timeout`; an empty batch says that none came, and its
  /// position may have moved.
  /// A cluster that is away looks like silence where everything known to be there was read.
  /// Errors: `unavailable`: nothing is lost, call again; every other one is for good, further calls
  /// return it again: `corrupt` (see `on_unreadable`), `store_unusable`. Events from before an
  /// error are handed out first.
  result<event_batch> next(std::chrono::milliseconds timeout);

  /// That of the last batch.
  const reader_position& position() const noexcept;

  /// Whether everything is handed out that was in the store when this reader was opened; a group
  /// that was not complete then is not counted.
  bool has_caught_up() const noexcept;

  /// Void records since it was opened, by cause: those of `log_entry::reason`, and "no_key" for
  /// records that belong to nobody.
  const std::map<std::string, std::uint64_t, std::less<>>& voids() const noexcept;

private:
  struct state;
  explicit reader(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace cerk
