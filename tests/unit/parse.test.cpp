// Commands as JSON: what is refused, with which words, and what becomes of the rest.
#define CAF_SUITE parse

#include <cerk/memory_provider.hpp>
#include <cerk/repository.hpp>

#include "envelope.hpp"
#include "support/account.hpp"
#include "support/property.hpp"

using namespace cerk;

namespace {

struct fixture {
  actor_system_config config;
  caf::actor_system system{config};
  memory_provider store{{.partitions = 1}};
  repository repo{system, store, bank::accounts, bank::shops};

  std::string refusal(std::string_view text, send_options options = {}) {
    const auto parsed = repo.parse(text, std::move(options));
    if (parsed)
      return "parsed";
    CAF_CHECK(parsed.error().advice() == retry::never);
    return to_string(parsed.error());
  }

  // With an id and a type of its own before `rest`.
  std::string refusal_of_open(const std::string& rest) {
    return refusal(R"({"type":"Open","id":"a",)" + rest + '}');
  }
};

bool has(const std::string& text, std::string_view part) {
  CAF_MESSAGE(text);
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST_FIXTURE_SCOPE(parse_tests, fixture)

CAF_TEST(a_command_is_read_by_the_name_of_its_type) {
  const auto parsed = repo.parse(R"( {"owner":"Ada","type":"Open","id":"a","more":[1,{}]} )");
  CAF_REQUIRE(parsed);
  CAF_CHECK_EQUAL(parsed->id, "a");
  CAF_CHECK_EQUAL(parsed->envelope->command->name, "Open");
  CAF_CHECK_EQUAL(static_cast<const bank::open*>(parsed->envelope->payload.get())->owner, "Ada");
}

CAF_TEST(what_is_no_json_object_is_refused) {
  CAF_CHECK(has(refusal(""), "bad_command: the body is not JSON"));
  CAF_CHECK(has(refusal("{"), "bad_command: the body is not JSON"));
  CAF_CHECK(has(refusal("{} {}"), "bad_command: the body is not JSON"));
  CAF_CHECK(has(refusal("[]"), "bad_command: the body is not a JSON object"));
  CAF_CHECK(has(refusal("null"), "bad_command: the body is not a JSON object"));
  CAF_CHECK(has(refusal("{\"type\":\"\xff\"}"), "bad_command: the body is not valid UTF-8"));
  CAF_CHECK(has(refusal(R"({"type":"Open","id":"a","owner":"\ud800"})"),
                "bad_command: the body is not JSON"));
}

CAF_TEST(the_type_must_be_a_known_name) {
  CAF_CHECK_EQUAL(refusal("{}"), "bad_command: field 'type': is missing");
  CAF_CHECK_EQUAL(refusal(R"({"type":5})"), "bad_command: field 'type': is not a string");
  CAF_CHECK_EQUAL(refusal(R"({"type":"Close"})"), "bad_command: unknown command type 'Close'");
  CAF_CHECK_EQUAL(refusal(R"({"type":"Opened"})"), "bad_command: unknown command type 'Opened'");
}

CAF_TEST(a_missing_or_mistyped_field_is_named) {
  CAF_CHECK_EQUAL(refusal(R"({"type":"Open","id":"a"})"), "bad_command: field 'owner': is missing");
  CAF_CHECK(has(refusal_of_open(R"("owner":5)"), "field 'owner': expected a string, found number"));
  CAF_CHECK(
    has(refusal_of_open(R"("owner":null)"), "field 'owner': expected a string, found null"));
  CAF_CHECK(
    has(refusal(R"({"type":"DepositAll","id":"a","amounts":[1,"2"]})"), "field 'amounts[1]'"));
  CAF_CHECK(has(refusal(R"({"type":"Deposit","id":"a","amount":9223372036854775808})"),
                "field 'amount': integer out of range"));
  CAF_CHECK(has(refusal(R"({"type":"Deposit","id":"a","amount":1.0})"), "field 'amount'"));
}

CAF_TEST(a_key_given_twice_is_refused_at_any_depth) {
  CAF_CHECK(has(refusal_of_open(R"("owner":"x","owner":"y")"), "key 'owner' twice in one object"));
  CAF_CHECK(has(refusal_of_open(R"("owner":"x","o\u0077ner":"y")"), "key 'owner' twice"));
  CAF_CHECK(has(refusal_of_open(R"("owner":"x","more":[{"a":{"b":1,"b":2}}])"), "key 'b' twice"));
  CAF_CHECK_EQUAL(refusal_of_open(R"("owner":"x","more":[{"b":1},{"b":2,"a":{"b":3}}])"), "parsed");
}

CAF_TEST(sixty_four_levels_are_read_and_sixty_five_are_not) {
  const auto nested = [](std::size_t levels) {
    return R"("owner":"x","more":)" + std::string(levels, '[') + std::string(levels, ']');
  };
  CAF_CHECK_EQUAL(refusal_of_open(nested(63)), "parsed"); // the body is the first level
  CAF_CHECK(has(refusal_of_open(nested(64)), "deeper than 64 levels"));
  CAF_CHECK(has(refusal_of_open(nested(100'000)), "deeper than 64 levels"));
}

CAF_TEST(many_keys_take_no_more_than_their_length) {
  std::string text = R"("owner":"x")";
  for (int i = 0; i < 100'000; ++i)
    text += ",\"" + std::to_string(i) + "\":0";
  // With a look at each former key this takes minutes, and the test's time is over.
  CAF_CHECK_EQUAL(refusal_of_open(text), "parsed");
}

CAF_TEST(the_id_must_be_valid_and_may_be_missing) {
  CAF_CHECK(
    has(refusal(R"({"type":"Open","id":"a b","owner":"x"})"), "bad_id: 'a b' is no aggregate id"));
  CAF_CHECK(has(refusal(R"({"type":"Open","id":"","owner":"x"})"), "bad_id"));
  CAF_CHECK(has(refusal(R"({"type":"Open","id":")" + std::string(129, 'x') + R"(","owner":"x"})"),
                "bad_id"));
  CAF_CHECK(has(refusal(R"({"type":"Open","id":5,"owner":"x"})"), "field 'id': is not a string"));
  const auto one = repo.parse(R"({"type":"Open","owner":"x"})");
  const auto other = repo.parse(R"({"type":"Open","owner":"x"})");
  CAF_REQUIRE(one && other);
  CAF_CHECK(is_valid_aggregate_id(one->id));
  CAF_CHECK_NOT_EQUAL(one->id, other->id);
}

CAF_TEST(a_create_without_id_meets_its_first_try_by_the_command_key) {
  const auto one = repo.parse(R"({"type":"Open","owner":"x"})", {.command_key = "k"});
  const auto other = repo.parse(R"({"owner":"x", "type":"Open"})", {.command_key = "k"});
  CAF_REQUIRE(one && other);
  CAF_CHECK_EQUAL(one->id, other->id);
  CAF_CHECK_EQUAL(one->id, aggregate_id_from_key("k"));
  CAF_CHECK(one->envelope->command_id == other->envelope->command_id);
}

CAF_TEST(neither_white_space_nor_order_make_another_command) {
  const auto digest
    = [&](std::string_view text) { return repo.parse(text).value().envelope->digest; };
  const auto first = digest(R"({"type":"WriteBytes","id":"a","count":1,"as_utf8":true})");
  CAF_CHECK_EQUAL(first,
                  digest(R"({ "as_utf8":true, "count":1, "id":"b", "type":"WriteBytes", "x":0 })"));
  CAF_CHECK_NOT_EQUAL(first, digest(R"({"type":"WriteBytes","id":"a","count":2,"as_utf8":true})"));
}

CAF_TEST(metadata_and_keys_are_bounded) {
  const auto text = R"({"type":"Open","id":"a","owner":"x"})";
  CAF_CHECK(has(refusal(text, {.command_key = ""}), "bad_command: the command key is empty"));
  CAF_CHECK_EQUAL(refusal(text, {.metadata = {{"m", std::string((16 << 10) - 1, 'x')}}}), "parsed");
  CAF_CHECK(has(refusal(text, {.metadata = {{"m", std::string(16 << 10, 'x')}}}),
                "bad_command: metadata of 16385 bytes"));
  CAF_CHECK(
    has(refusal(text, {.correlation_id = std::string(20'000, 'x')}), "bad_command: metadata"));
}

CAF_TEST(any_text_is_parsed_or_refused_without_harm) {
  CERK_PROPERTY("parse is total", [this] {
    std::string text = R"({"type":"DepositAll","id":"a","amounts":[1,2,{"x":"\u0041"}]})";
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
      text[*rc::gen::inRange<std::size_t>(0, text.size())]
        = *rc::gen::element('"', '{', '}', '[', ']', ',', ':', '\\', '\0', '\xff', '1', '-', ' ');
    const auto parsed = repo.parse(text);
    const bool is_told = parsed || parsed.error().advice() == retry::never;
    RC_ASSERT(is_told);
  });
}

CAF_TEST(a_parsed_command_can_be_sent) {
  std::promise<outcome> promise;
  auto future = promise.get_future();
  repo.send(repo.parse(R"({"type":"Open","id":"a","owner":"Ada"})").value(),
            [&](outcome answer) { promise.set_value(std::move(answer)); });
  CAF_CHECK_EQUAL(to_string(future.get()), "accepted: a at version 1");
  CAF_CHECK_EQUAL(repo.of(bank::accounts).get("a").value().state.owner, "Ada");
}

CAF_TEST_FIXTURE_SCOPE_END()
