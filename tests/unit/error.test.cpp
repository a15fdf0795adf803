#define CAF_SUITE error

#include <cerk/error.hpp>

#include <set>
#include <vector>

#include "caf/test/unit_test.hpp"

using namespace cerk;

namespace {

struct expectation {
  errc code;
  const char* name;
  retry advice;
};

// By hand and complete: a new code has to be put here, with a thought for its advice.
const std::vector<expectation> codes{
  {errc::bad_id, "bad_id", retry::never},
  {errc::bad_command, "bad_command", retry::never},
  {errc::wrong_type, "wrong_type", retry::never},
  {errc::command_id_reused, "command_id_reused", retry::never},
  {errc::event_too_large, "event_too_large", retry::never},
  {errc::domain_error, "domain_error", retry::never},
  {errc::quarantined, "quarantined", retry::never},
  {errc::overloaded, "overloaded", retry::later},
  {errc::restoring, "restoring", retry::later},
  {errc::fenced, "fenced", retry::later},
  {errc::stopping, "stopping", retry::later},
  {errc::unavailable, "unavailable", retry::later},
  {errc::unknown, "unknown", retry::same_command_id},
  {errc::blocking_in_actor, "blocking_in_actor", retry::never},
  {errc::read_only, "read_only", retry::never},
  {errc::not_found, "not_found", retry::never},
  {errc::store_unusable, "store_unusable", retry::never},
  {errc::store_in_use, "store_in_use", retry::never},
  {errc::corrupt, "corrupt", retry::never},
  {errc::bad_input, "bad_input", retry::never},
};

} // namespace

CAF_TEST(every_code_has_a_name_of_its_own_and_an_advice) {
  std::set<std::string> names;
  for (const auto& expected : codes) {
    CAF_MESSAGE(expected.name);
    CAF_CHECK_EQUAL(std::string{to_string(expected.code)}, expected.name);
    CAF_CHECK(retry_advice(expected.code) == expected.advice);
    CAF_CHECK((error{expected.code, ""}.advice() == expected.advice));
    names.insert(expected.name);
  }
  CAF_CHECK_EQUAL(names.size(), codes.size());
  CAF_CHECK_EQUAL(std::string{to_string(static_cast<errc>(codes.size()))}, "invalid");
}

CAF_TEST(only_unknown_may_have_taken_effect) {
  for (const auto& expected : codes)
    CAF_CHECK_EQUAL(retry_advice(expected.code) == retry::same_command_id,
                    expected.code == errc::unknown);
}

CAF_TEST(an_error_s_text_is_its_name_and_its_sentence) {
  CAF_CHECK_EQUAL(to_string(error{errc::overloaded, "32768 commands are in flight"}),
                  "overloaded: 32768 commands are in flight");
  CAF_CHECK_EQUAL(to_string(error{errc::fenced, ""}), "fenced");
}

CAF_TEST(the_value_of_a_failed_result_throws_its_reason) {
  const result<int> failed = error{errc::not_found, "no such thing"};
  CAF_CHECK(!failed);
  try {
    static_cast<void>(failed.value());
    CAF_ERROR("value() returned");
  } catch (const failure_exception& e) {
    CAF_CHECK(e.reason().code == errc::not_found);
    CAF_CHECK_EQUAL(std::string{e.what()}, "not_found: no such thing");
  }
  CAF_CHECK_EQUAL(result<int>{7}.value(), 7);
}
