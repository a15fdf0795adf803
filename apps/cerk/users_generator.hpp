/// Events for `cerk fill`: people with names that are not all English.
#pragma once

#include "cerk/cli.hpp"

namespace example {

/// Creates a user in round 0, modifies it in later ones.
cerk::new_event make_user_event(const cerk::cli::fill_slot& slot);

} // namespace example
