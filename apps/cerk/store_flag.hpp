/// What `--store` means: which store, and whether a command may make it.
#pragma once

#include "cerk/provider.hpp"

#include <memory>
#include <string>

namespace cerk::cli {

/// A store that was named, not yet opened.
class store_flag {
public:
  /// Reads "sqlite:PATH". Throws `stop` (usage) for anything else, with what is wrong.
  explicit store_flag(const std::string& text);

  bool exists() const;

  /// How many partitions it has, or would have if it were made now.
  std::int32_t partition_count() const noexcept {
    return 1;
  }

  /// Opens it. Throws `stop` (failed) if it does not exist, and what the provider throws.
  std::unique_ptr<provider> open_existing() const;

  /// Opens it, and makes it if it does not exist.
  std::unique_ptr<provider> open_or_make() const;

private:
  std::string text_;
  std::string path_;
};

} // namespace cerk::cli
