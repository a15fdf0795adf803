// The library's errors as exit codes.
#include "exit_code.hpp"

namespace cerk::cli {

exit_code exit_code_of(const error& why) noexcept {
  // A file that is in use has no code of its own, but scripts must tell it from a broken one.
  const bool is_in_use = why.code == errc::store_unusable
                         && why.what.find("in use by another process") != std::string::npos;
  return why.code == errc::fenced || is_in_use ? exit_code::conflict : exit_code::failed;
}

} // namespace cerk::cli
