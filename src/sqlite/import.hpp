/// Records taken over as they are: folded while they are written, so that the file's keys hold.
#pragma once

#include "cerk/record.hpp"

#include "sqlite/sqlite_file.hpp"

#include <vector>

namespace cerk::sqlite {

/// Writes `records` behind those in `to`, all or none. The fold goes over the whole log, so that a
/// second import continues the first.
result<void> import_records(file& to, const std::vector<record>& records);

} // namespace cerk::sqlite
