/// The private messages between cerk's actors, in the order in which a command meets them.
#pragma once

#include "cerk/detail/caf_compat.hpp"
#include "cerk/provider.hpp"

#include "aggregate_core.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace cerk {

/// Asks an aggregate something between two of its commands; must not block.
using query_ptr = std::shared_ptr<const std::function<void(const aggregate_core&)>>;

/// To the proof actor: say when the partition is known to be still ours, or why it is not.
struct proof_request {
  /// The aggregate that is asked about.
  std::string id;
  std::chrono::steady_clock::time_point deadline;
  /// Called once, from an actor's thread; must not block and must not throw.
  std::function<void(const std::optional<error>& failure)> done;
};
using proof_request_ptr = std::shared_ptr<const proof_request>;

/// To the producer: append this and tell its aggregate.
struct append_message {
  caf::actor aggregate;
  append_request request;
};

/// To the producer, from itself: everything that was in the mailbox is in the batcher now.
struct flush_batches {};

/// To the producer, from the provider: a batch has ended.
struct batch_landed {
  std::uint64_t flight = 0;
  std::vector<commit_result> results;
};

/// To the producer: the claim is in effect, appends that were decided in this epoch may go.
struct term_begins {
  cerk::term term;
  std::uint32_t epoch = 0;
};

/// To the producer, after its term: say when everything it appended has been settled.
struct settle_all {};
/// The answer, behind all that aggregates were told.
struct all_settled {};

/// To the aggregate: the log's word on some of its appends, in order.
struct appends_settled {
  std::vector<std::pair<std::uint64_t, commit_result>> results;
};

/// To the producer, from its timer, and from it to aggregates with something under way.
struct sweep_deadlines {};

/// To the aggregate: answer everything that waits, the repository is closing.
struct abandon_all {};

/// Records on their way to their aggregates, with the batches that hold their bytes.
struct replay_window {
  std::vector<std::shared_ptr<const record_batch>> batches;
  std::vector<const record_view*> records; // grouped by aggregate, in log order within each
};

struct aggregate_slot;

/// To a dealer: some of its aggregates, and where their records are in the window.
struct replay_share {
  struct part {
    aggregate_slot* slot = nullptr;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };

  std::shared_ptr<const replay_window> window;
  std::vector<part> parts;
};

/// To the aggregate, in a takeover: its part of a window.
struct replay_slice {
  std::shared_ptr<const replay_window> window;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

/// To the replay actor, from a dealer: what became of a share.
struct share_dealt {
  std::size_t dealer = 0;
  result<std::uint64_t> records{0};
};

/// To the reader actor: open the reader, which may take as long as the store's bound.
struct open_reader {
  offset from;
};

/// To the replay actor, from the reader actor.
struct reader_opened {
  std::optional<error> failure;
  offset position;
  offset end;
};

/// To the reader actor: read up to this many bytes.
struct read_more {
  std::size_t bytes = 0;
  /// Behind the end that the reader was opened with, too, and wait there for what comes.
  bool goes_behind_end = false;
};

/// To the replay actor, from the reader actor.
struct batch_read {
  result<std::shared_ptr<record_batch>> batch{std::shared_ptr<record_batch>{}};
  offset position;
  offset end;
};

/// To the replay actor, from a reader actor that was stopped: its reader is gone.
struct reader_closed {};

/// To the replay actor, from whoever was last to look at a batch.
struct batch_released {
  std::size_t bytes = 0;
};

/// To the replay actor, from the provider.
struct claim_appended {
  term claimed;
  result<offset> at{no_offset};
};

/// To the replay actor, from the producer: this term is over.
struct term_ended {
  cerk::term term;
  error why;
};

/// To the replay actor, from its timer: the broken read again.
struct read_again {
  std::uint32_t epoch = 0;
};

/// To the replay actor, from its timer: look whether the other partitions were read.
struct look_at_others {};

/// To the replay actor: begin.
struct begin_restore {};

/// To the replay actor: it is its turn to read.
struct turn_came {};

/// To the replay actor, from outside or from its timer: claim the partition again.
struct take_over {
  /// Which timer; 0: none.
  std::uint64_t timer = 0;
};

} // namespace cerk

CERK_BEGIN_MESSAGES(cerk_private, 700)
CERK_MESSAGE(cerk_private, (cerk::command_ptr))
CERK_MESSAGE(cerk_private, (cerk::query_ptr))
CERK_MESSAGE(cerk_private, (cerk::append_message))
CERK_MESSAGE(cerk_private, (cerk::proof_request_ptr))
CERK_MESSAGE(cerk_private, (cerk::flush_batches))
CERK_MESSAGE(cerk_private, (cerk::batch_landed))
CERK_MESSAGE(cerk_private, (cerk::term_begins))
CERK_MESSAGE(cerk_private, (cerk::appends_settled))
CERK_MESSAGE(cerk_private, (cerk::sweep_deadlines))
CERK_MESSAGE(cerk_private, (cerk::abandon_all))
CERK_MESSAGE(cerk_private, (cerk::replay_share))
CERK_MESSAGE(cerk_private, (cerk::replay_slice))
CERK_MESSAGE(cerk_private, (cerk::share_dealt))
CERK_MESSAGE(cerk_private, (cerk::open_reader))
CERK_MESSAGE(cerk_private, (cerk::reader_opened))
CERK_MESSAGE(cerk_private, (cerk::look_at_others))
CERK_MESSAGE(cerk_private, (cerk::read_more))
CERK_MESSAGE(cerk_private, (cerk::batch_read))
CERK_MESSAGE(cerk_private, (cerk::batch_released))
CERK_MESSAGE(cerk_private, (cerk::claim_appended))
CERK_MESSAGE(cerk_private, (cerk::term_ended))
CERK_MESSAGE(cerk_private, (cerk::read_again))
CERK_MESSAGE(cerk_private, (cerk::begin_restore))
CERK_MESSAGE(cerk_private, (cerk::reader_closed))
CERK_MESSAGE(cerk_private, (cerk::settle_all))
CERK_MESSAGE(cerk_private, (cerk::all_settled))
CERK_MESSAGE(cerk_private, (cerk::take_over))
CERK_MESSAGE(cerk_private, (cerk::turn_came))
CERK_END_MESSAGES(cerk_private)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::command_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::query_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::append_message)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::proof_request_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::flush_batches)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::batch_landed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::term_begins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::appends_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::sweep_deadlines)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::abandon_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::replay_share)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::replay_slice)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::share_dealt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::open_reader)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::reader_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::look_at_others)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::read_more)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::batch_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::batch_released)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::claim_appended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::term_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::read_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::begin_restore)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::reader_closed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::settle_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::all_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::take_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(cerk::turn_came)
