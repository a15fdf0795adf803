// Given, when, then: what passes, and what a failure shows.
#define CAF_SUITE testing

#include <cerk/testing.hpp>

#include "support/account.hpp"

#include "caf/test/unit_test.hpp"

using namespace bank;
using namespace cerk::testing;

namespace {

template <class F>
std::string failure(F&& told) {
  try {
    told();
    return "held";
  } catch (const expectation_failed& e) {
    return e.what();
  }
}

} // namespace

CAF_TEST(what_holds_passes_in_silence) {
  given(accounts).when(open{"Ada"}).then(opened{"Ada"}).then_state(account{"Ada", 0, ""});
  given(accounts, opened{"Ada"}, deposited{5})
    .when(deposit_all{{1, 2}})
    .then(deposited{1}, deposited{2})
    .then_state(account{"Ada", 8, ""});
  given(accounts, opened{"Ada"}).when(deposit{0}).then(cerk::unchanged);
  given(accounts).when(deposit{5}).then(rejected("no_account")).then(rejected("no_account", "id"));
}

CAF_TEST(decide_is_told_the_context) {
  const auto id = cerk::command_id::from_key("k");
  given(accounts, opened{"Ada"})
    .when(note_context{},
          {.id = "ada", .command_id = id, .correlation_id = "c", .metadata = {{"m", "1"}}})
    .then(noted{"ada@1 " + to_string(id) + " c m=1"});
}

CAF_TEST(a_failure_shows_given_when_expected_and_actual) {
  CAF_CHECK_EQUAL(
    failure(
      [] { given(accounts, opened{"Ada"}, deposited{5}).when(deposit{1}).then(deposited{2}); }),
    "given    Opened {\"owner\":\"Ada\"}\n"
    "         Deposited {\"amount\":5}\n"
    "when     Deposit {\"amount\":1}\n"
    "expected Deposited {\"amount\":2}\n"
    "actual   Deposited {\"amount\":1}");
  CAF_CHECK_EQUAL(failure([] { given(accounts).when(deposit{1}).then(deposited{1}); }),
                  "given    no events\n"
                  "when     Deposit {\"amount\":1}\n"
                  "expected Deposited {\"amount\":1}\n"
                  "actual   rejected: no_account (id): there is no account with this id");
  CAF_CHECK_EQUAL(failure([] {
                    given(accounts).when(deposit{1}).then(rejected("no_account", "amount"));
                  }),
                  "given    no events\n"
                  "when     Deposit {\"amount\":1}\n"
                  "expected rejected: no_account (amount)\n"
                  "actual   rejected: no_account (id): there is no account with this id");
  CAF_CHECK_EQUAL(failure(
                    [] { given(accounts).when(open{"Ada"}).then_state(account{"Eve", 0, ""}); }),
                  "given    no events\n"
                  "when     Open {\"owner\":\"Ada\"}\n"
                  "expected state {\"owner\":\"Eve\",\"balance\":0,\"note\":\"\"}\n"
                  "actual   state {\"owner\":\"Ada\",\"balance\":0,\"note\":\"\"}");
}

CAF_TEST(each_expectation_fails_on_each_other_outcome) {
  const auto accepts = [] { return given(accounts, opened{"Ada"}).when(deposit{1}); };
  const auto rejects = [] { return given(accounts).when(deposit{1}); };
  const auto keeps = [] { return given(accounts, opened{"Ada"}).when(deposit{0}); };
  const auto throws = [] { return given(accounts).when(explode{}); };
  for (const auto& text : {failure([&] { accepts().then(cerk::unchanged); }),
                           failure([&] { accepts().then(rejected("x")); }),
                           failure([&] { accepts().then(deposited{1}, deposited{1}); }),
                           failure([&] { accepts().then(opened{"1"}); }),
                           failure([&] { rejects().then(cerk::unchanged); }),
                           failure([&] { rejects().then(rejected("x")); }),
                           failure([&] { keeps().then(deposited{0}); }),
                           failure([&] { keeps().then(rejected("no_account")); }),
                           failure([&] { throws().then(cerk::unchanged); }),
                           failure([&] { throws().then(rejected("boom")); }),
                           failure([&] { throws().then(noted{"x"}); }),
                           failure([&] { throws().then_state(account{}); })})
    CAF_CHECK_NOT_EQUAL(text, "held");
}

CAF_TEST(domain_code_that_throws_is_part_of_the_actual) {
  CAF_CHECK(failure([] {
              given(accounts).when(explode{}).then(noted{"x"});
            }).ends_with("actual   thrown: boom"));
  CAF_CHECK(failure([] {
              given(accounts).when(note{"poison"}).then(noted{"poison"});
            }).ends_with("actual   thrown: poisoned"));
  CAF_CHECK(
    failure([] { given(accounts).when(rate_by_nan{}).then(rated{1}); }).find("thrown: field 'rate'")
    != std::string::npos);
  CAF_CHECK_EQUAL(failure([] { given(accounts, noted{"poison"}).when(open{"Ada"}); }),
                  "given    Noted {\"text\":\"poison\"}\n"
                  "expected an event that can be applied\n"
                  "actual   poisoned");
}

CAF_TEST(a_command_of_another_type_is_a_mistake_in_the_test) {
  CAF_CHECK_EQUAL(failure([] { given(shops).when(open{"Ada"}).then(cerk::unchanged); }),
                  "the table of 'shop' does not name this command");
}
