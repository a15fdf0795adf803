/// What a command's headers say: how it is encoded, which version it expects, which key it has,
/// what it belongs to.
#pragma once

#include <cerk/command.hpp>

#include "reply.hpp"
#include "request.hpp"

namespace writer {

/// 411 without a length (and not chunked). 415 for a body that is not called JSON in UTF-8; one
/// that is called nothing is taken. 400 for an `If-Match` that is not one strong version tag like
/// `"7"` (`*` and lists have no version to expect, and a weak tag promises too little), and for an
/// `Idempotency-Key` that is not 1 to 255 printable ASCII characters or comes twice. The same holds
/// for what is passed on to the events' headers: `X-Correlation-Id` (as `correlation_id`),
/// `X-Causation-Id` (`causation_id`), and W3C's `traceparent` and `tracestate` (512 characters).
or_reply<cerk::send_options> read_command_headers(const request_head& head);

} // namespace writer
