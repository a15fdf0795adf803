/// How a command ends, as scripts see it.
#pragma once

#include "cerk/error.hpp"

#include <cstdint>
#include <stdexcept>
#include <string>

namespace cerk::cli {

enum class exit_code : std::uint8_t {
  ok = 0,
  failed = 1,
  usage = 2,
  /// A check did its work and found something.
  problems = 3,
  /// The store is somebody else's, or holds what this command must not meet.
  conflict = 4,
  interrupted = 130,
};

/// Ends a command: a code for scripts and a sentence for people.
class stop : public std::runtime_error {
public:
  stop(exit_code code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {
  }

  exit_code code() const noexcept {
    return code_;
  }

private:
  exit_code code_;
};

exit_code exit_code_of(const error& why) noexcept;

} // namespace cerk::cli
