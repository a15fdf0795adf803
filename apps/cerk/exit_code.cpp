// The library's errors as exit codes.
#include "exit_code.hpp"

namespace cerk::cli {

exit_code exit_code_of(const error& why) noexcept {
  const bool is_somebody_else_s = why.code == errc::fenced || why.code == errc::store_in_use;
  return is_somebody_else_s ? exit_code::conflict : exit_code::failed;
}

} // namespace cerk::cli
