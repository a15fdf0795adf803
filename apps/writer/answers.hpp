/// From what the repository says to what the client reads: every status of the service in one
/// place.
#pragma once

#include <cerk/error.hpp>
#include <cerk/repository.hpp>

#include "reply.hpp"
#include "routes.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace writer {

/// Replies to a command. 200: the receipt and its ETag. Refused by the domain: 409, or 404 while
/// the aggregate has no events; `errors` has the reasons. Not at the expected version: 412 with the
/// actual `version`. Failed: see `reply_to(error)`.
reply reply_to(const cerk::outcome& outcome);

/// 400, 404, 409, 413, 422, 423, 429, 500, 503 or 504 with the error's `code`; with Retry-After
/// where the same request may work later.
reply reply_to(const cerk::error& failure);

/// Replies with an aggregate: 200 and its ETag, or the failure.
reply reply_to(const cerk::result<cerk::json_snapshot>& found);

/// A page of events holds at most this many bytes of them, and at least one event.
inline constexpr std::size_t page_bytes_max = 8 << 20;

/// Replies with a page of events; `next` is there when more may follow: the `after` to go on with.
/// `found` holds up to one event more than the page, to know.
reply reply_to(const get_events& page, const cerk::result<std::vector<cerk::stored_event>>& found);

/// What readiness depends on.
struct readiness {
  bool store_is_open = false;
  bool is_stopping = false;
  std::vector<cerk::restore_progress> partitions{};
};

/// 200 when every partition serves, else 503; both with the restore's progress, altogether and by
/// partition. Rates and the time left are null while they are not known. The whole is "opening",
/// "restoring", "serving", "fenced", "stopped", "failed" or "stopping".
reply reply_to(const readiness& now);

/// For a command or query that comes before the store is open: as while restoring.
reply not_open_yet();

/// `{"status":"ok"}`
reply alive();

} // namespace writer
