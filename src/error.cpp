// The names of failures, and what to do about each.
#include "cerk/error.hpp"

namespace cerk {

std::string_view to_string(errc code) noexcept {
  switch (code) {
    case errc::bad_id:
      return "bad_id";
    case errc::bad_command:
      return "bad_command";
    case errc::wrong_type:
      return "wrong_type";
    case errc::command_id_reused:
      return "command_id_reused";
    case errc::event_too_large:
      return "event_too_large";
    case errc::domain_error:
      return "domain_error";
    case errc::quarantined:
      return "quarantined";
    case errc::overloaded:
      return "overloaded";
    case errc::restoring:
      return "restoring";
    case errc::fenced:
      return "fenced";
    case errc::stopping:
      return "stopping";
    case errc::unavailable:
      return "unavailable";
    case errc::unknown:
      return "unknown";
    case errc::blocking_in_actor:
      return "blocking_in_actor";
    case errc::read_only:
      return "read_only";
    case errc::not_found:
      return "not_found";
    case errc::store_unusable:
      return "store_unusable";
    case errc::store_in_use:
      return "store_in_use";
    case errc::corrupt:
      return "corrupt";
    case errc::bad_input:
      return "bad_input";
  }
  return "invalid";
}

retry retry_advice(errc code) noexcept {
  switch (code) {
    case errc::overloaded:
    case errc::restoring:
    case errc::fenced:
    case errc::stopping:
    case errc::unavailable:
      return retry::later;
    case errc::unknown:
      return retry::same_command_id;
    default:
      return retry::never;
  }
}

std::string to_string(const error& e) {
  std::string text{to_string(e.code)};
  if (!e.what.empty())
    text.append(": ").append(e.what);
  return text;
}

} // namespace cerk
