// Stored names to types: what is refused, aliases, and old shapes turned into today's.
#define CAF_SUITE registry

#include "registry.hpp"

#include <cerk/error.hpp>

#include "aggregate_core.hpp"
#include "support/account.hpp"

#include "caf/test/unit_test.hpp"

namespace names {

struct person {
  std::string full_name;
  int renames = 0;
};
BOOST_DESCRIBE_STRUCT(person, (), (full_name, renames))

struct renamed {
  std::string full_name;
};
BOOST_DESCRIBE_STRUCT(renamed, (), (full_name))

// With nlohmann conversions instead of a description.
struct tagged {
  std::string tag;
};
void to_json(nlohmann::json& j, const tagged& t) {
  j = {{"tag", t.tag}};
}
void from_json(const nlohmann::json& j, tagged& t) {
  j.at("tag").get_to(t.tag);
}

person evolve(person self, const renamed& e) {
  return {e.full_name, self.renames + 1};
}

person evolve(person self, const tagged& e) {
  self.full_name += '#' + e.tag;
  return self;
}

nlohmann::json join_names(nlohmann::json old) {
  old["full_name"] = old.at("first").get<std::string>() + ' ' + old.at("last").get<std::string>();
  return old;
}

// The shape changed, the name did not.
nlohmann::json join_names_if_old(nlohmann::json stored) {
  return stored.contains("full_name") ? stored : join_names(std::move(stored));
}

constexpr auto people = cerk::aggregate<person>("person")
                          .event<renamed>("Renamed", "NameChanged", "NameSet")
                          .upcast("RenamedV1", join_names)
                          .event<tagged>("Tagged");
constexpr auto changed_in_place
  = cerk::aggregate<person>("person").event<renamed>("Renamed").upcast("Renamed",
                                                                       join_names_if_old);

} // namespace names

using namespace cerk;

namespace {

template <class... Types>
std::string refusal(const Types&... types) {
  const std::vector<detail::aggregate_table> tables{types.table()...};
  try {
    registry made{tables};
    return "registered";
  } catch (const failure_exception& e) {
    CAF_CHECK(e.reason().code == errc::bad_input);
    return e.reason().what;
  }
}

// Applies events to one aggregate, as a restore does.
template <class Type>
struct reader {
  explicit reader(const Type& type) : types(std::vector{type.table()}) {
  }

  std::string apply(std::string text) {
    text.reserve(text.size() + record_view::padding_bytes);
    try {
      apply_stored_event(types, "a", text, aggregate, state);
      return {};
    } catch (const std::exception& e) {
      return e.what();
    }
  }

  const typename Type::state& now() const {
    return *static_cast<const typename Type::state*>(state.get());
  }

  registry types;
  const registered_aggregate* aggregate = nullptr;
  detail::state_box state;
};

} // namespace

CAF_TEST(the_table_is_a_constant) {
  static_assert(bank::accounts.name() == "account");
  static_assert(bank::accounts.table().events.size() == 4);
  static_assert(bank::accounts.table().commands.size() == 8);
  static_assert(names::people.table().event_names.size() == 5);
  CAF_CHECK_EQUAL(refusal(bank::accounts, bank::shops), "registered");
}

CAF_TEST(two_types_with_one_name_are_refused) {
  static constexpr auto again = aggregate<bank::shop>("account").event<bank::shop_opened>("Other");
  static constexpr auto same_event
    = aggregate<bank::shop>("other").event<bank::shop_opened>("Opened");
  static constexpr auto same_command
    = aggregate<bank::shop>("other").event<bank::shop_opened>("Other").command<bank::open_shop>(
      "Open");
  static constexpr auto aliased
    = aggregate<bank::shop>("other").event<bank::shop_opened>("Other", "Noted");
  static constexpr auto empty = aggregate<bank::shop>("other");
  CAF_CHECK_EQUAL(refusal(bank::accounts, again), "two aggregate types are called 'account'");
  CAF_CHECK_EQUAL(refusal(bank::accounts, same_event),
                  "event name 'Opened' is used by aggregates 'account' and 'other'");
  CAF_CHECK_EQUAL(refusal(bank::accounts, same_command),
                  "command name 'Open' is used by aggregates 'account' and 'other'");
  CAF_CHECK_EQUAL(refusal(bank::accounts, aliased),
                  "event name 'Noted' is used by aggregates 'account' and 'other'");
  CAF_CHECK_EQUAL(refusal(empty), "aggregate 'other' has no events");
  CAF_CHECK_EQUAL(refusal(bank::accounts, bank::accounts),
                  "two aggregate types are called 'account'");
}

CAF_TEST(names_lead_to_types) {
  const registry types{std::vector{bank::accounts.table(), bank::shops.table()}};
  CAF_CHECK(types.find_event("Opened")->aggregate->name == "account");
  CAF_CHECK(types.find_event("ShopOpened")->aggregate->name == "shop");
  CAF_CHECK(types.find_event("opened") == nullptr);
  CAF_CHECK(types.find_command("OpenShop")->aggregate->name == "shop");
  CAF_CHECK(types.find_command("OpenShops") == nullptr);
  CAF_CHECK(types.find_aggregate("shop", typeid(bank::shop)) == &types.aggregates()[1]);
  CAF_CHECK(types.find_aggregate("shop", typeid(bank::account)) == nullptr);
  CAF_CHECK(types.find_aggregate("account", typeid(bank::shop)) == nullptr);
}

CAF_TEST(the_first_name_of_an_event_is_the_one_that_is_written) {
  const registry types{std::vector{names::people.table()}};
  CAF_CHECK_EQUAL(types.find_event("NameSet")->event->name, "Renamed");
  CAF_CHECK_EQUAL(types.find_event("RenamedV1")->event->name, "Renamed");
  CAF_CHECK_EQUAL(types.find_event("Tagged")->event->name, "Tagged");
}

CAF_TEST(an_alias_reads_the_present_shape) {
  reader r{names::people};
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Renamed","full_name":"Ada"})"), "");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"NameSet","full_name":"Bob"})"), "");
  CAF_CHECK_EQUAL(r.now().full_name, "Bob");
  CAF_CHECK_EQUAL(r.now().renames, 2);
}

CAF_TEST(an_upcast_turns_an_old_shape_into_the_present_one) {
  reader r{names::people};
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"RenamedV1","first":"Ada","last":"Lovelace"})"), "");
  CAF_CHECK_EQUAL(r.now().full_name, "Ada Lovelace");
  CAF_CHECK(r.apply(R"({"id":"a","type":"RenamedV1","first":"Ada"})").find("last")
            != std::string::npos);
}

CAF_TEST(an_upcast_under_the_present_name_sees_every_event_of_it) {
  reader r{names::changed_in_place};
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Renamed","first":"Ada","last":"Lovelace"})"), "");
  CAF_CHECK_EQUAL(r.now().full_name, "Ada Lovelace");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Renamed","full_name":"Bob"})"), "");
  CAF_CHECK_EQUAL(r.now().full_name, "Bob");
}

CAF_TEST(an_event_with_nlohmann_conversions_is_read) {
  reader r{names::people};
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Renamed","full_name":"Ada"})"), "");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Tagged","tag":"x"})"), "");
  CAF_CHECK_EQUAL(r.now().full_name, "Ada#x");
}

CAF_TEST(an_event_that_cannot_be_applied_is_told_by_cause) {
  reader r{names::people};
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","full_name":"Ada"})"), "field 'type': is missing");
  CAF_CHECK_EQUAL(r.apply(R"({"type":"Renamed","full_name":"Ada"})"), "field 'id': is missing");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"b","type":"Renamed","full_name":"Ada"})"),
                  "field 'id': is 'b', but the record's key is 'a'");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Gone"})"),
                  "field 'type': unknown event type 'Gone'");
  CAF_CHECK_EQUAL(r.apply(R"({"id":"a","type":"Renamed"})"), "field 'full_name': is missing");
  CAF_CHECK(!r.apply("nonsense").empty());
}

CAF_TEST(the_first_event_fixes_the_type_of_its_aggregate) {
  const registry types{std::vector{bank::accounts.table(), bank::shops.table()}};
  const registered_aggregate* type = nullptr;
  detail::state_box state;
  auto apply = [&](std::string text) {
    text.reserve(text.size() + record_view::padding_bytes);
    apply_stored_event(types, "a", text, type, state);
  };
  apply(R"({"id":"a","type":"Opened","owner":"Ada"})");
  CAF_CHECK_EQUAL(type->name, "account");
  try {
    apply(R"({"id":"a","type":"ShopOpened","name":"x"})");
    CAF_ERROR("applied");
  } catch (const detail::codec_error& e) {
    CAF_CHECK_EQUAL(std::string{e.what()},
                    "field 'type': an event of aggregate type 'shop' on a 'account'");
  }
}

CAF_TEST(an_event_s_text_has_the_envelope_first) {
  CAF_CHECK_EQUAL(
    event_value("a", "Opened", 1'795'413'108'123, {3}, R"("owner":"Ada")"),
    R"({"id":"a","type":"Opened","create_time":"2026-11-23T05:51:48.123Z","version":3,"owner":"Ada"})");
  CAF_CHECK_EQUAL(
    event_value("a", "Empty", 0, {1}, ""),
    R"({"id":"a","type":"Empty","create_time":"1970-01-01T00:00:00.000Z","version":1})");
  CAF_CHECK_GREATER_OR_EQUAL(event_value("a", "E", 0, {1}, "").capacity(),
                             event_value("a", "E", 0, {1}, "").size() + record_view::padding_bytes);
}

CAF_TEST(fields_that_nlohmann_wrote_must_not_use_the_envelope_s_names) {
  CAF_CHECK_EQUAL(detail::fields_of({{"a", 1}}), "\"a\":1");
  CAF_CHECK_EQUAL(detail::fields_of(nlohmann::json::object()), "");
  for (const char* name :
       {"id", "type", "version", "create_time", "createTime", "payload", "Event"}) {
    try {
      detail::fields_of({{name, 1}});
      CAF_ERROR(name);
    } catch (const detail::codec_error& e) {
      CAF_CHECK_EQUAL(e.field(), name);
    }
  }
  try {
    detail::fields_of(5);
    CAF_ERROR("a number");
  } catch (const detail::codec_error&) {
  }
}
