// Stores by name.
#include "store_flag.hpp"

#include "cerk/sqlite_provider.hpp"

#include "exit_code.hpp"

#include <filesystem>

namespace cerk::cli {

namespace fs = std::filesystem;

store_flag::store_flag(const std::string& text) : text_(text) {
  auto refuse
    = [&](const std::string& why) { throw stop{exit_code::usage, "--store " + text + ": " + why}; };
  constexpr std::string_view sqlite = "sqlite:";
  if (text.starts_with("memory:"))
    refuse("a store in memory begins empty and ends with the command; name a file: sqlite:PATH");
  if (text.starts_with("kafka:"))
    refuse("this program does not read Kafka yet; name a file: sqlite:PATH");
  if (!text.starts_with(sqlite))
    refuse("a store is named sqlite:PATH");
  path_ = text.substr(sqlite.size());
  if (path_.empty() || path_ == ":memory:")
    refuse("sqlite: needs the path of a file");
}

bool store_flag::exists() const {
  std::error_code ignored;
  // SQLite takes an empty file for a database yet to be made.
  return fs::exists(path_, ignored)
         && !(fs::is_regular_file(path_, ignored) && fs::file_size(path_, ignored) == 0);
}

std::unique_ptr<provider> store_flag::open_existing() const {
  if (!exists())
    throw stop{exit_code::failed, text_ + " does not exist"};
  return open_or_make();
}

std::unique_ptr<provider> store_flag::open_or_make() const {
  return std::make_unique<sqlite_provider>(sqlite_options{.path = path_});
}

} // namespace cerk::cli
