/// The service from its first thread to its last: opens, serves, drains.
#pragma once

#include "settings.hpp"

namespace writer {

/// Listens, opens the store, restores, serves until SIGTERM or SIGINT, drains, and returns the exit
/// code: 0, or 1 when a partition could not be restored. A second signal ends the process at once.
/// Throws `cerk::failure_exception` when it cannot begin. Blocks.
int run_service(const settings& s);

} // namespace writer
