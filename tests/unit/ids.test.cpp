// Known values: zlib's crc32 (librdkafka uses the same) and UUIDs computed by Python's uuid.uuid5.
#define CAF_SUITE ids

#include <cerk/ids.hpp>

#include "support/property.hpp"
#include "uuid.hpp"

#include <set>

using namespace cerk;

CAF_TEST(a_uuid_as_command_key_is_taken_as_it_is) {
  const auto id = command_id::from_key("01234567-89AB-cdef-0123-456789abcdef");
  CAF_CHECK_EQUAL(to_string(id), "01234567-89ab-cdef-0123-456789abcdef");
  CAF_CHECK_EQUAL(id.bytes[0], 0x01);
  CAF_CHECK_EQUAL(id.bytes[15], 0xef);
}

CAF_TEST(another_command_key_becomes_the_same_version_5_uuid_everywhere) {
  CAF_CHECK_EQUAL(to_string(command_id::from_key("order-17")),
                  "2fb4ef25-7ca6-5cb6-a813-bd9d5880ac86");
  CAF_CHECK(command_id::from_key("order-17") != command_id::from_key("order-18"));
}

CAF_TEST(the_nil_uuid_as_command_key_is_hashed_because_nil_means_none) {
  const std::string nil = "00000000-0000-0000-0000-000000000000";
  CAF_CHECK(command_id::parse(nil)->is_nil());
  CAF_CHECK_EQUAL(to_string(command_id::from_key(nil)), "47eb32b6-246d-5aab-b7a0-1abde28d58b2");
}

CAF_TEST(parse_takes_36_characters_of_a_uuid_and_nothing_else) {
  for (const char* text :
       {"", "0", "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0", "01234567x89ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdeg", "{1234567-89ab-cdef-0123-456789abcde}",
        "0123456-789ab-cdef-0123-456789abcdef"})
    CAF_CHECK(!command_id::parse(text));
}

CAF_TEST(a_command_id_survives_its_text_form) {
  CERK_PROPERTY("parse(to_string(id)) == id", [](const std::array<std::uint8_t, 16>& bytes) {
    const command_id id{bytes};
    RC_ASSERT(command_id::parse(to_string(id)) == id);
  });
}

CAF_TEST(any_bytes_as_command_key_give_an_id_that_is_not_nil) {
  CERK_PROPERTY("from_key is total", [](const std::string& key) {
    RC_ASSERT(!command_id::from_key(key).is_nil());
    RC_ASSERT(command_id::from_key(key) == command_id::from_key(key));
  });
}

CAF_TEST(an_event_id_names_the_command_or_the_place) {
  const auto id = *command_id::parse("01234567-89ab-cdef-0123-456789abcdef");
  CAF_CHECK_EQUAL(event_id(id, 3), "01234567-89ab-cdef-0123-456789abcdef-3");
  CAF_CHECK_EQUAL(event_id(partition_id{2}, offset{17}), "2:17");
}

CAF_TEST(an_aggregate_id_from_a_key_is_valid_and_unlike_the_command_id_of_that_key) {
  CAF_CHECK_EQUAL(aggregate_id_from_key("order-17"), "54774521-293e-5284-ae10-d5de963a8722");
  CAF_CHECK(is_valid_aggregate_id(aggregate_id_from_key("any \xff key")));
  CAF_CHECK_NOT_EQUAL(aggregate_id_from_key("order-17"),
                      to_string(command_id::from_key("order-17")));
}

CAF_TEST(a_valid_aggregate_id_has_1_to_128_harmless_characters) {
  CAF_CHECK(is_valid_aggregate_id("a"));
  CAF_CHECK(is_valid_aggregate_id("AZaz09._:-"));
  CAF_CHECK(is_valid_aggregate_id(std::string(128, 'x')));
  CAF_CHECK(!is_valid_aggregate_id(""));
  CAF_CHECK(!is_valid_aggregate_id(std::string(129, 'x')));
  std::set<char> allowed;
  for (int c = 0; c < 256; ++c)
    if (is_valid_aggregate_id(std::string(1, static_cast<char>(c))))
      allowed.insert(static_cast<char>(c));
  CAF_CHECK_EQUAL(allowed.size(), 26u + 26u + 10u + 4u);
  CAF_CHECK(!is_valid_aggregate_id(std::string_view{"a\0b", 3}));
}

CAF_TEST(placement_is_zlib_s_crc32_modulo_the_partition_count) {
  CAF_CHECK_EQUAL(partition_of("123456789", 1'000'000).value, 3'421'780'262u % 1'000'000);
  CAF_CHECK_EQUAL(partition_of("ada", 100).value, 52);
  CAF_CHECK_EQUAL(partition_of("user-1", 8).value, 4);
  CAF_CHECK_EQUAL(partition_of("a", 4).value, 3);
  CAF_CHECK_EQUAL(partition_of("", 4).value, 0);
  CAF_CHECK_EQUAL(partition_of("anything", 1).value, 0);
}

CAF_TEST(every_aggregate_has_a_partition_within_the_count) {
  CERK_PROPERTY("0 <= partition < count", [](const std::string& id) {
    const auto count = *rc::gen::inRange(1, std::numeric_limits<std::int32_t>::max());
    const auto at = partition_of(id, count).value;
    RC_ASSERT(at >= 0 && at < count);
  });
}

CAF_TEST(a_new_id_is_a_uuid_of_version_7_with_the_time_in_front) {
  environment env{.system_now
                  = [] { return std::chrono::sys_days{std::chrono::year{2026} / 11 / 23}; },
                  .steady_now = {},
                  .random = [] { return ~std::uint64_t{0}; }};
  CAF_CHECK_EQUAL(to_string(make_uuid_v7(env)), "01a205b3-d000-7fff-bfff-ffffffffffff");
}

CAF_TEST(numbers_of_different_meaning_do_not_mix) {
  static_assert(!std::is_convertible_v<version, offset>);
  static_assert(!std::equality_comparable_with<version, term>);
  static_assert(version{1} < version{2});
  CAF_CHECK(version{1} == version{1});
}
