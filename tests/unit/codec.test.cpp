// One description, one encoder, two decoders: they agree with each other and with nlohmann/json.
#define CAF_SUITE codec

#include <cerk/detail/codec.hpp>
#include <cerk/detail/table.hpp>

#include "support/property.hpp"

#include <cmath>
#include <deque>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

namespace shapes {

enum class colour { red, green };
BOOST_DESCRIBE_ENUM(colour, red, green)

enum class level : std::uint8_t {};

struct point {
  int x = 0, y = 0;
  friend bool operator==(const point&, const point&) = default;
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

struct base {
  std::string inherited;
  friend bool operator==(const base&, const base&) = default;
};
BOOST_DESCRIBE_STRUCT(base, (), (inherited))

// One of each kind.
struct everything : base {
  bool flag = false;
  std::int8_t tiny = 0;
  std::int64_t whole = 0;
  std::uint64_t natural = 0;
  double real = 0;
  std::string text;
  colour tint = colour::red;
  level depth{};
  std::optional<std::string> maybe;
  std::vector<point> points;
  std::map<std::string, std::vector<bool>> table;
  point centre;
  friend bool operator==(const everything&, const everything&) = default;
};
BOOST_DESCRIBE_STRUCT(everything, (base),
                      (flag, tiny, whole, natural, real, text, tint, depth, maybe, points, table,
                       centre))

// A type with nlohmann conversions of its own.
struct money {
  std::int64_t cents = 0;
  friend bool operator==(const money&, const money&) = default;
};
void to_json(nlohmann::json& j, const money& m) {
  j = std::to_string(m.cents) + " cents";
}
void from_json(const nlohmann::json& j, money& m) {
  m.cents = std::stoll(j.get<std::string>());
}

struct priced {
  money price;
  std::deque<money> former;
  friend bool operator==(const priced&, const priced&) = default;
};
BOOST_DESCRIBE_STRUCT(priced, (), (price, former))

struct name {
  std::string first_name = "none", nick = "default";
  std::optional<int> age = 7;
};
BOOST_DESCRIBE_STRUCT(name, (), (first_name, nick, age))

} // namespace shapes

template <>
inline constexpr auto cerk::optional_fields<shapes::name> = cerk::fields("nick");

using namespace cerk::detail;

namespace {

template <class T>
std::string encoded(const T& value) {
  std::string out;
  encode(out, value, path{});
  return out;
}

// In an array, because On-Demand treats a number that is a whole document differently.
template <class T>
T by_simdjson(std::string_view text) {
  ondemand::parser parser;
  const simdjson::padded_string padded{'[' + std::string{text} + ']'};
  auto document = parser.iterate(padded);
  T out{};
  for (auto element : take<ondemand::array>(document.get_array(), path{}, "an array"))
    decode(take<ondemand::value>(element, path{}, "a value"), out, path{});
  return out;
}

template <class T>
T by_nlohmann(std::string_view text) {
  T out{};
  decode(nlohmann::json::parse(text), out, path{});
  return out;
}

template <class T>
std::string failure(T (*reader)(std::string_view), std::string_view text) {
  try {
    reader(text);
    return "no failure";
  } catch (const codec_error& e) {
    return e.what();
  }
}

template <class T>
bool fails_in_both(std::string_view text, const std::string& field) {
  const auto one = failure(&by_simdjson<T>, text);
  const auto two = failure(&by_nlohmann<T>, text);
  CAF_MESSAGE(one + " | " + two);
  return one.find("field '" + field + "'") != std::string::npos
         && two.find("field '" + field + "'") != std::string::npos;
}

template <class T>
bool survives(const T& value) {
  const auto text = encoded(value);
  return by_simdjson<T>(text) == value && by_nlohmann<T>(text) == value;
}

std::string any_utf8() {
  std::string text;
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i)
    text += *rc::gen::oneOf(
      rc::gen::map(rc::gen::inRange<char>(0, 127), [](char c) { return std::string(1, c); }),
      rc::gen::element<std::string>("\"", "\\", "/", "\b", "\xc3\xa9", "\xd7\xa9\xd7\x9c",
                                    "\xf0\x9f\x98\x80", "\xef\xbb\xbf", "\xe2\x80\xae", "\x7f",
                                    "\xe2\x80\xa8", std::string(1, '\0')));
  return text;
}

double any_finite() {
  const auto bits = *rc::gen::arbitrary<std::uint64_t>();
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return std::isfinite(value) ? value : 0.1;
}

shapes::everything anything() {
  shapes::everything e;
  e.inherited = any_utf8();
  e.flag = *rc::gen::arbitrary<bool>();
  e.tiny = *rc::gen::arbitrary<std::int8_t>();
  e.whole = *rc::gen::arbitrary<std::int64_t>();
  e.natural = *rc::gen::arbitrary<std::uint64_t>();
  e.real = any_finite();
  e.text = any_utf8();
  e.tint = *rc::gen::element(shapes::colour::red, shapes::colour::green);
  e.depth = shapes::level{*rc::gen::arbitrary<std::uint8_t>()};
  if (*rc::gen::arbitrary<bool>())
    e.maybe = any_utf8();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    e.points.push_back({*rc::gen::arbitrary<int>(), *rc::gen::arbitrary<int>()});
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
    e.table[any_utf8()] = *rc::gen::arbitrary<std::vector<bool>>();
  e.centre = {*rc::gen::arbitrary<int>(), 3};
  return e;
}

} // namespace

// -- round trips ----------------------------------------------------------------------------------

CAF_TEST(a_described_struct_is_flat_json_in_the_order_of_its_description) {
  shapes::everything e;
  e.inherited = "b";
  e.maybe = "m";
  e.points = {{1, -2}};
  e.table["k"] = {true, false};
  CAF_CHECK_EQUAL(
    encoded(e),
    R"({"inherited":"b","flag":false,"tiny":0,"whole":0,"natural":0,"real":0,"text":"",)"
    R"("tint":"red","depth":0,"maybe":"m","points":[{"x":1,"y":-2}],)"
    R"("table":{"k":[true,false]},"centre":{"x":0,"y":0}})");
  CAF_CHECK(survives(e));
  e.maybe.reset();
  CAF_CHECK(encoded(e).find(R"("maybe":null)") != std::string::npos);
  CAF_CHECK(survives(e));
}

CAF_TEST(both_decoders_agree_with_the_encoder) {
  CERK_PROPERTY("decode(encode(x)) == x", [] { RC_ASSERT(survives(anything())); });
}

CAF_TEST(the_encoder_agrees_with_nlohmann) {
  CERK_PROPERTY("as nlohmann would", [] {
    const auto e = anything();
    const auto value = nlohmann::json::parse(encoded(e));
    RC_ASSERT(value["text"].get<std::string>() == e.text);
    RC_ASSERT(value["real"].get<double>() == e.real);
    RC_ASSERT(value["whole"].get<std::int64_t>() == e.whole);
    RC_ASSERT(value["natural"].get<std::uint64_t>() == e.natural);
    RC_ASSERT(value["points"].size() == e.points.size());
    // And what nlohmann writes, in its own order and with its own escapes, reads as the same.
    const bool ascii = *rc::gen::arbitrary<bool>();
    const auto theirs = value.dump(*rc::gen::element(-1, 2), ' ', ascii);
    RC_ASSERT(by_simdjson<shapes::everything>(theirs) == e);
    RC_ASSERT(by_nlohmann<shapes::everything>(theirs) == e);
  });
}

CAF_TEST(the_decoders_agree_on_damaged_text) {
  CERK_PROPERTY("both or neither", [] {
    auto text = encoded(anything());
    // A damage that stays JSON or not: one token replaced by another.
    const auto from
      = *rc::gen::element<std::string>("0", "\"", "true", "red", "null", "[", "x", ":", ",", "-");
    const auto to = *rc::gen::element<std::string>("0", "1.5", "\"a\"", "null", "{}", "[]", "-1",
                                                   "", "1e400", " ");
    const auto at = text.find(from, *rc::gen::inRange<std::size_t>(0, text.size()));
    if (at != std::string::npos)
      text.replace(at, from.size(), to);
    std::optional<shapes::everything> one, two;
    try {
      one = by_simdjson<shapes::everything>(text);
    } catch (const codec_error&) {
    }
    try {
      two = by_nlohmann<shapes::everything>(text);
    } catch (const codec_error&) {
    } catch (const nlohmann::json::exception&) {
      // On-Demand does not look at what nobody asks for, so only whole JSON is compared.
      RC_DISCARD("not JSON");
    }
    RC_ASSERT(one == two);
  });
}

CAF_TEST(numbers_survive_at_their_limits) {
  const auto both = [](auto value) {
    const auto text = encoded(value);
    return by_simdjson<decltype(value)>(text) == value
           && by_nlohmann<decltype(value)>(text) == value;
  };
  CAF_CHECK(both(std::numeric_limits<std::int8_t>::min()));
  CAF_CHECK(both(std::numeric_limits<std::uint8_t>::max()));
  CAF_CHECK(both(std::numeric_limits<std::int64_t>::min()));
  CAF_CHECK(both(std::numeric_limits<std::int64_t>::max()));
  CAF_CHECK(both(std::numeric_limits<std::uint64_t>::max()));
  CAF_CHECK(both(std::numeric_limits<double>::max()));
  CAF_CHECK(both(std::numeric_limits<double>::denorm_min()));
  CAF_CHECK(both(0.1));
  CAF_CHECK(both(1e15));
  CAF_CHECK(both(-0.0));
  CAF_CHECK(both(0.1f));
  CAF_CHECK(both(std::numeric_limits<float>::max()));
}

CAF_TEST(numbers_past_the_limits_of_their_field_are_refused) {
  CAF_CHECK(
    fails_in_both<shapes::everything>(R"({"inherited":"","flag":false,"tiny":128})", "tiny"));
  CAF_CHECK(
    fails_in_both<shapes::everything>(R"({"inherited":"","flag":false,"tiny":-129})", "tiny"));
  CAF_CHECK(fails_in_both<shapes::point>(R"({"x":2147483648,"y":0})", "x"));
  CAF_CHECK(fails_in_both<shapes::point>(R"({"x":1.5,"y":0})", "x"));
  CAF_CHECK(fails_in_both<shapes::point>(R"({"x":18446744073709551616,"y":0})", "x"));
  CAF_CHECK(failure(&by_simdjson<std::uint64_t>, "-1") != "no failure");
  CAF_CHECK(failure(&by_nlohmann<std::uint64_t>, "-1") != "no failure");
}

CAF_TEST(strings_survive_whatever_they_hold) {
  for (std::string text :
       {std::string{"a\0b", 3}, std::string{"\"\\/\b\f\n\r\t\x01\x1f"},
        std::string{"\xf0\x9f\x98\x80 \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\xae"},
        std::string(100'000, '"'), std::string{}})
    CAF_CHECK(survives(text));
  CAF_CHECK_EQUAL(encoded(std::string{"a\0\"\\\n\x1f\x7f", 7}),
                  "\"a\\u0000\\\"\\\\\\n\\u001f\x7f\"");
}

CAF_TEST(what_json_cannot_hold_is_not_encoded) {
  const auto refuses = [](const auto& value) {
    try {
      encoded(value);
      return std::string{};
    } catch (const codec_error& e) {
      return std::string{e.what()};
    }
  };
  CAF_CHECK_EQUAL(refuses(std::numeric_limits<double>::quiet_NaN()),
                  "JSON has no infinity and no NaN");
  CAF_CHECK(!refuses(-std::numeric_limits<double>::infinity()).empty());
  shapes::everything e;
  e.text = "\xff";
  CAF_CHECK_EQUAL(refuses(e), "field 'text': is not valid UTF-8");
  e.text = "\xed\xa0\x80"; // half a surrogate pair
  CAF_CHECK(!refuses(e).empty());
  e.text = {};
  e.tint = static_cast<shapes::colour>(5);
  CAF_CHECK_EQUAL(refuses(e), "field 'tint': a number that its enum does not name");
  CAF_CHECK(!refuses(std::map<std::string, int>{{"\xff", 1}}).empty());
}

CAF_TEST(a_type_with_nlohmann_conversions_works_inside_a_described_one) {
  const shapes::priced p{{7}, {{8}, {9}}};
  CAF_CHECK_EQUAL(encoded(p), R"({"price":"7 cents","former":["8 cents","9 cents"]})");
  CAF_CHECK(survives(p));
  CAF_CHECK(fails_in_both<shapes::priced>(R"({"price":5,"former":[]})", "price"));
}

CAF_TEST(other_containers_work_too) {
  CAF_CHECK(survives(std::set<int>{3, 1, 2}));
  CAF_CHECK(survives(std::deque<std::string>{"a", "b"}));
  CAF_CHECK(survives(std::unordered_map<std::string, int>{{"a", 1}, {"b", 2}}));
  CAF_CHECK(survives(std::vector<std::optional<int>>{1, std::nullopt}));
}

// -- fields ---------------------------------------------------------------------------------------

CAF_TEST(a_missing_field_is_refused_by_name) {
  CAF_CHECK(fails_in_both<shapes::point>(R"({"x":1})", "y"));
  CAF_CHECK_EQUAL(failure(&by_simdjson<shapes::point>, R"({"y":1})"), "field 'x': is missing");
  CAF_CHECK_EQUAL(failure(&by_nlohmann<shapes::point>, R"({"y":1})"), "field 'x': is missing");
}

CAF_TEST(a_field_listed_as_optional_keeps_its_member_s_default) {
  for (const auto& read : {by_simdjson<shapes::name>(R"({"first_name":"Ada"})"),
                           by_nlohmann<shapes::name>(R"({"first_name":"Ada"})")}) {
    CAF_CHECK_EQUAL(read.first_name, "Ada");
    CAF_CHECK_EQUAL(read.nick, "default");
    CAF_CHECK(read.age == 7);
  }
  CAF_CHECK(by_simdjson<shapes::name>(R"({"first_name":"Ada","age":null})").age == std::nullopt);
  CAF_CHECK(by_nlohmann<shapes::name>(R"({"first_name":"Ada","age":null})").age == std::nullopt);
  CAF_CHECK(fails_in_both<shapes::name>(R"({"nick":"x"})", "first_name"));
  CAF_CHECK(fails_in_both<shapes::name>(R"({"first_name":"Ada","nick":null})", "nick"));
}

CAF_TEST(an_error_names_the_whole_path) {
  const std::string before
    = R"({"inherited":"","flag":false,"tiny":0,"whole":0,"natural":0,"real":0,)"
      R"("text":"","tint":"red","depth":0,)";
  CAF_CHECK(fails_in_both<shapes::everything>(
    before + R"("points":[{"x":1,"y":2},{"x":1,"y":"z"}]})", "points[1].y"));
  CAF_CHECK(fails_in_both<shapes::everything>(before + R"("points":[],"table":{"k":[true,0]}})",
                                              "table.k[1]"));
  CAF_CHECK(fails_in_both<shapes::everything>(before + R"("points":{}})", "points"));
  CAF_CHECK(fails_in_both<shapes::everything>(
    R"({"inherited":"","flag":false,"tiny":0,"whole":0,"natural":0,)"
    R"("real":0,"text":"","tint":"blue"})",
    "tint"));
}

CAF_TEST(unknown_fields_are_passed_over) {
  const auto text = R"({"a":{"x":[1,{"y":"}"}]},"x":1,"b":[[[]]],"y":2,"c":"\"","d":null})";
  CAF_CHECK((by_simdjson<shapes::point>(text) == shapes::point{1, 2}));
  CAF_CHECK((by_nlohmann<shapes::point>(text) == shapes::point{1, 2}));
}

CAF_TEST(fields_come_in_any_order_and_with_escaped_names) {
  const auto text = R"({"nick":"n","first\u005fname":"Ada"})";
  CAF_CHECK_EQUAL(by_simdjson<shapes::name>(text).first_name, "Ada");
  CAF_CHECK_EQUAL(by_nlohmann<shapes::name>(text).first_name, "Ada");
  CAF_CHECK_EQUAL(by_simdjson<shapes::name>(text).nick, "n");
}

CAF_TEST(of_a_field_given_twice_the_last_counts) {
  CAF_CHECK((by_simdjson<shapes::point>(R"({"x":1,"y":2,"x":3})") == shapes::point{3, 2}));
  CAF_CHECK((by_nlohmann<shapes::point>(R"({"x":1,"y":2,"x":3})") == shapes::point{3, 2}));
}

CAF_TEST(the_value_of_another_kind_is_refused) {
  for (const char* text : {"[]", "5", "null", "\"x\"", "true"}) {
    CAF_CHECK(failure(&by_simdjson<shapes::point>, text) != "no failure");
    CAF_CHECK(failure(&by_nlohmann<shapes::point>, text) != "no failure");
  }
  CAF_CHECK(failure(&by_simdjson<bool>, "0") != "no failure");
  CAF_CHECK(failure(&by_nlohmann<bool>, "0") != "no failure");
  CAF_CHECK(failure(&by_simdjson<std::string>, "null") != "no failure");
  CAF_CHECK(failure(&by_nlohmann<std::string>, "null") != "no failure");
}

// -- the envelope ---------------------------------------------------------------------------------

namespace {

struct seen {
  std::string id, type;
  shapes::name name;
};

seen read_event(std::string_view text) {
  ondemand::parser parser;
  const simdjson::padded_string padded{text};
  event_source source{parser, padded};
  seen s{std::string{source.id()}, std::string{source.type()}, {}};
  decode_fields(source.fields(), s.name, path{});
  return s;
}

} // namespace

CAF_TEST(an_event_is_read_behind_its_envelope) {
  const auto s
    = read_event(R"({"id":"a","type":"T","create_time":"x","version":3,"first_name":"Ada"})");
  CAF_CHECK_EQUAL(s.id, "a");
  CAF_CHECK_EQUAL(s.type, "T");
  CAF_CHECK_EQUAL(s.name.first_name, "Ada");
}

CAF_TEST(own_fields_before_the_type_are_read_too) {
  for (
    const char* text :
    {R"({"first_name":"Ada","id":"a","nick":"n","type":"T"})",
     R"({"type":"T","first_name":"Ada","nick":"n","id":"a"})",
     R"({"payload":{"first_name":"no"},"Event":null,"first\u005fname":"Ada","type":"T","id":"a","nick":"n"})"}) {
    const auto s = read_event(text);
    CAF_CHECK_EQUAL(s.id + s.type + s.name.first_name + s.name.nick, "aTAdan");
  }
}

CAF_TEST(a_missing_id_or_type_is_empty) {
  CAF_CHECK_EQUAL(read_event(R"({"type":"T","first_name":"Ada"})").id, "");
  CAF_CHECK_EQUAL(read_event(R"({"id":"a","first_name":"Ada"})").type, "");
}

CAF_TEST(what_is_no_object_is_no_event) {
  for (const char* text :
       {"", "[]", "5", "{", R"({"id":5,"type":"T"})", R"({"id":"a","type":{}})", "{]"}) {
    try {
      read_event(text);
      CAF_ERROR(text);
    } catch (const codec_error& e) {
      CAF_CHECK(*e.what() != '\0');
    }
  }
}

CAF_TEST(any_text_is_an_event_or_not_without_harm) {
  CERK_PROPERTY("event_source is total", [] {
    std::string text
      = R"({"id":"a","type":"T","version":1,"first_name":"Ada","nick":"n","x":[{"y":1}]})";
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i)
      text[*rc::gen::inRange<std::size_t>(0, text.size())]
        = *rc::gen::element('"', '{', '}', '[', ']', ',', ':', '\\', '\0', '\xff', '1');
    text.resize(*rc::gen::inRange<std::size_t>(0, text.size() + 1));
    try {
      read_event(text);
    } catch (const codec_error&) {
    }
  });
}
