/// Where a request's body begins and ends, checked more strictly than the parser does: two readers
/// who disagree about it are how requests are smuggled.
#pragma once

#include "reply.hpp"
#include "request.hpp"

#include <optional>

namespace writer {

/// 400 and close for: a length given twice (even twice the same), one that is not digits alone, a
/// length together with a transfer coding, any coding but `chunked`, codings in HTTP/1.0, and a
/// missing or repeated Host.
std::optional<reply> unfit_framing(const request_head& head);

/// Whether a length or a coding says that a body comes.
bool announces_body(const request_head& head);

} // namespace writer
