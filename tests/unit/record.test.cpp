// What a record carries besides its JSON: packed header, seal, claim, other headers, batches.
#define CAF_SUITE record

#include <cerk/record.hpp>

#include "support/property.hpp"

#include <cstring>

using namespace cerk;

namespace {

using header_list = std::vector<std::pair<std::string, std::string>>;

std::string packed(const record_header& h, std::string_view key = {}, std::string_view value = {}) {
  const auto bytes = pack(h, key, value);
  return {bytes.data(), bytes.size()};
}

record_header any_header() {
  record_header h;
  h.kind = static_cast<record_kind>(*rc::gen::inRange(1, 4));
  h.n = *rc::gen::inRange<std::uint16_t>(1, 65'535);
  h.k = *rc::gen::inRange<std::uint16_t>(1, static_cast<std::uint16_t>(h.n + 1));
  h.term = {*rc::gen::nonZero<std::uint64_t>()};
  h.number = *rc::gen::nonZero<std::uint64_t>();
  h.version = {*rc::gen::arbitrary<std::uint64_t>()};
  h.command_id = {*rc::gen::arbitrary<std::array<std::uint8_t, 16>>()};
  h.digest = *rc::gen::arbitrary<std::uint64_t>();
  return h;
}

std::string any_bytes(std::size_t size) {
  return *rc::gen::container<std::string>(size, rc::gen::arbitrary<char>());
}

const record_header plain{.k = 2,
                          .n = 3,
                          .term = {0x1122334455667788},
                          .number = 9,
                          .version = {5}};

} // namespace

// -- the packed header ----------------------------------------------------------------------------

CAF_TEST(a_header_survives_packing) {
  CERK_PROPERTY("unpack(pack(h)) == h", [] {
    const auto h = any_header();
    const auto unpacked = unpack(packed(h));
    RC_ASSERT(unpacked.has_value());
    RC_ASSERT(*unpacked == h);
  });
}

CAF_TEST(a_packed_header_is_little_endian_at_fixed_places) {
  const auto bytes = packed({.kind = record_kind::noop,
                             .k = 0x0102,
                             .n = 0x0304,
                             .term = {0x1122334455667788},
                             .number = 0x99,
                             .version = {0xaabb},
                             .command_id = {{0xc0, 0xc1}},
                             .digest = 0x0d});
  CAF_REQUIRE_EQUAL(bytes.size(), 64u);
  const std::string expected{"\x01\x03\x02\x01\x04\x03\x00\x00"
                             "\x88\x77\x66\x55\x44\x33\x22\x11"
                             "\x99\x00\x00\x00\x00\x00\x00\x00"
                             "\xbb\xaa\x00\x00\x00\x00\x00\x00"
                             "\xc0\xc1\x00\x00\x00\x00\x00\x00"
                             "\x00\x00\x00\x00\x00\x00\x00\x00"
                             "\x0d\x00\x00\x00\x00\x00\x00\x00",
                             56};
  CAF_CHECK(bytes.substr(0, 56) == expected);
}

CAF_TEST(a_header_of_another_length_or_format_is_not_unpacked) {
  const auto whole = packed(plain);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CAF_CHECK(!unpack(std::string_view{whole}.substr(0, size)));
  CAF_CHECK(!unpack(whole + '\0'));
  auto newer = whole;
  newer[0] = 2;
  CAF_CHECK(!unpack(newer));
  newer[0] = 0;
  CAF_CHECK(!unpack(newer));
}

CAF_TEST(fields_outside_their_range_are_not_unpacked) {
  const auto refuses = [](auto&& change) {
    auto h = plain;
    change(h);
    return !unpack(packed(h));
  };
  CAF_CHECK(!refuses([](record_header&) {}));
  CAF_CHECK(refuses([](record_header& h) { h.k = 0; }));
  CAF_CHECK(refuses([](record_header& h) { h.k = 4; }));
  CAF_CHECK(refuses([](record_header& h) { h.k = h.n = 0; }));
  CAF_CHECK(refuses([](record_header& h) { h.term = {}; }));
  CAF_CHECK(refuses([](record_header& h) { h.number = 0; }));
  CAF_CHECK(refuses([](record_header& h) { h.kind = record_kind{}; }));
  CAF_CHECK(refuses([](record_header& h) { h.kind = record_kind{4}; }));
  auto reserved = packed(plain);
  reserved[6] = 1;
  CAF_CHECK(!unpack(reserved));
}

CAF_TEST(any_bytes_are_unpacked_or_refused_without_harm) {
  CERK_PROPERTY("unpack is total", [] {
    const auto bytes = any_bytes(*rc::gen::element<std::size_t>(0, 1, 8, 63, 64, 65, 200));
    if (const auto h = unpack(bytes)) {
      RC_ASSERT(h->k >= 1 && h->k <= h->n);
      RC_ASSERT(packed(*h).substr(0, 56) == bytes.substr(0, 56));
    }
    static_cast<void>(is_sealed(bytes, bytes, bytes));
  });
}

// -- the seal -------------------------------------------------------------------------------------

CAF_TEST(a_record_is_sealed_as_it_was_packed) {
  CERK_PROPERTY("sealed", [](const std::string& key, const std::string& value) {
    RC_ASSERT(is_sealed(packed(any_header(), key, value), key, value));
  });
}

CAF_TEST(the_seal_notices_any_changed_byte) {
  const std::string key = "ada";
  const std::string value = R"({"id":"ada","type":"Opened","version":1})";
  const auto header = packed(plain, key, value);
  const auto check_all = [](const std::string& text, auto&& sealed_with) {
    std::size_t unnoticed = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        auto changed = text;
        changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
        unnoticed += sealed_with(changed) ? 1 : 0;
      }
    return unnoticed;
  };
  CAF_CHECK_EQUAL(check_all(header, [&](auto& h) { return is_sealed(h, key, value); }), 0u);
  CAF_CHECK_EQUAL(check_all(key, [&](auto& k) { return is_sealed(header, k, value); }), 0u);
  CAF_CHECK_EQUAL(check_all(value, [&](auto& v) { return is_sealed(header, key, v); }), 0u);
  CAF_CHECK(!is_sealed(header, "adax", value));
  CAF_CHECK(!is_sealed(header, key, value + ' '));
  CAF_CHECK(!is_sealed(header, "ad", 'a' + value));
  CAF_CHECK(!is_sealed(std::string_view{header}.substr(0, 63), key, value));
}

CAF_TEST(the_seal_notices_any_changed_byte_of_any_record) {
  CERK_PROPERTY("one byte", [](const std::string& key, const std::string& value) {
    auto whole = packed(any_header(), key, value) + key + value;
    const auto at = *rc::gen::inRange<std::size_t>(0, whole.size());
    whole[at] = static_cast<char>(whole[at] ^ *rc::gen::inRange(1, 256));
    const std::string_view all = whole;
    RC_ASSERT(
      !is_sealed(all.substr(0, 64), all.substr(64, key.size()), all.substr(64 + key.size())));
  });
}

// -- claims ---------------------------------------------------------------------------------------

CAF_TEST(a_claim_survives_its_json) {
  CERK_PROPERTY("parse_claim(claim_value(c)) == c", [] {
    const claim c{.id = {*rc::gen::nonZero<std::uint64_t>()},
                  .replaces = {*rc::gen::arbitrary<std::uint64_t>()},
                  .owner = *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)),
                  .partition_count = *rc::gen::positive<std::int32_t>(),
                  .partitioner = *rc::gen::element<std::string>("crc32", "murmur2")};
    RC_ASSERT(parse_claim(claim_value(c, *rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000)))
              == c);
  });
}

CAF_TEST(a_claim_is_flat_json_that_the_go_library_s_reader_survives) {
  const claim c{
    .id = {~std::uint64_t{0}}, .replaces = {7}, .owner = "host:1", .partition_count = 4};
  CAF_CHECK_EQUAL(claim_value(c, 1'795'413'108'123),
                  R"({"id":"18446744073709551615","type":"cerk.claim",)"
                  R"("create_time":"2026-11-23T05:51:48.123Z","version":0,"replaces":"7",)"
                  R"("owner":"host:1","partition_count":4,"partitioner":"crc32","format":1})");
}

CAF_TEST(an_owner_that_is_no_utf8_does_not_spoil_a_claim) {
  const auto read = parse_claim(claim_value({.id = {1}, .owner = "\xff\xfe"}, 0));
  CAF_REQUIRE(read);
  CAF_CHECK(read->id == term{1});
}

CAF_TEST(what_is_no_claim_is_not_read_as_one) {
  for (const char* text :
       {"", "null", "[]", "{}", "{", "\"cerk.claim\"", R"({"type":"cerk.claim"})",
        R"({"type":"cerk.claim","id":"1"})", R"({"type":"cerk.claim","id":1,"replaces":"0"})",
        R"({"type":"cerk.claim","id":"0","replaces":"0"})",
        R"({"type":"cerk.claim","id":"-1","replaces":"0"})",
        R"({"type":"cerk.claim","id":"1x","replaces":"0"})",
        R"({"type":"cerk.claim","id":"","replaces":"0"})",
        R"({"type":"cerk.claim","id":"18446744073709551616","replaces":"0"})",
        R"({"type":"Opened","id":"1","replaces":"0"})", R"({"type":5,"id":"1","replaces":"0"})",
        R"({"type":"cerk.claim","id":"1","replaces":"0"} x)"})
    CAF_CHECK(!parse_claim(text));
}

CAF_TEST(fields_of_a_claim_that_make_no_sense_are_defaults) {
  const auto read = parse_claim(R"({"type":"cerk.claim","id":"1","replaces":"2","owner":5,)"
                                R"("partition_count":"x","partitioner":null,"more":{}})");
  CAF_REQUIRE(read);
  CAF_CHECK((*read == claim{.id = {1}, .replaces = {2}, .owner = {}}));
}

CAF_TEST(any_bytes_are_a_claim_or_not_without_harm) {
  CERK_PROPERTY("parse_claim is total", [] {
    auto text = claim_value({.id = {5}, .replaces = {4}, .owner = "me"}, 0);
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i)
      text[*rc::gen::inRange<std::size_t>(0, text.size())] = *rc::gen::arbitrary<char>();
    static_cast<void>(parse_claim(text));
    static_cast<void>(parse_claim(any_bytes(*rc::gen::inRange<std::size_t>(0, 64))));
  });
  CAF_CHECK(!parse_claim(std::string(100'000, '[')));
}

CAF_TEST(times_are_rfc_3339_in_utc) {
  CAF_CHECK_EQUAL(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
  CAF_CHECK_EQUAL(to_rfc3339(1'795'413'108'123), "2026-11-23T05:51:48.123Z");
  CAF_CHECK_EQUAL(to_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  CAF_CHECK_EQUAL(to_rfc3339(951'782'400'000), "2000-02-29T00:00:00.000Z");
}

// -- other headers --------------------------------------------------------------------------------

CAF_TEST(other_headers_survive_packing) {
  CERK_PROPERTY("unpack_headers(pack_headers(h)) == h", [](const header_list& headers) {
    RC_ASSERT(unpack_headers(pack_headers(headers)) == headers);
  });
}

CAF_TEST(other_headers_that_do_not_fit_are_left_out) {
  const auto whole = pack_headers(header_list{{"a", "1"}, {"bb", "22"}});
  CAF_CHECK_EQUAL(unpack_headers(whole).size(), 2u);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CAF_CHECK_LESS(unpack_headers(std::string_view{whole}.substr(0, size)).size(), 2u);
  CAF_CHECK(unpack_headers(std::string(8, '\xff')).empty());
  CERK_PROPERTY("unpack_headers is total", [] {
    const auto bytes = any_bytes(*rc::gen::inRange<std::size_t>(0, 40));
    std::size_t sum = 0;
    for (const auto& [name, value] : unpack_headers(bytes))
      sum += 8 + name.size() + value.size();
    RC_ASSERT(sum <= bytes.size());
  });
}

// -- batches --------------------------------------------------------------------------------------

CAF_TEST(a_batch_keeps_what_was_added) {
  CERK_PROPERTY("to_record(view) is what was added", [] {
    const auto any_text = [](bool missing) {
      return missing ? std::nullopt : std::optional{*rc::gen::arbitrary<std::string>()};
    };
    std::vector<record> added;
    record_batch batch;
    for (int i = *rc::gen::inRange(0, 20); i > 0; --i) {
      const auto& r = added.emplace_back(record{.offset = {i},
                                                .timestamp_ms = *rc::gen::arbitrary<std::int64_t>(),
                                                .key = any_text(*rc::gen::arbitrary<bool>()),
                                                .value = any_text(*rc::gen::arbitrary<bool>()),
                                                .header = *rc::gen::arbitrary<std::string>(),
                                                .headers = *rc::gen::arbitrary<header_list>()});
      batch.add(r.offset, r.timestamp_ms, r.key, r.value, r.header, pack_headers(r.headers));
    }
    RC_ASSERT(batch.records().size() == added.size());
    for (std::size_t i = 0; i < added.size(); ++i) {
      const auto copy = to_record(batch.records()[i]);
      RC_ASSERT(copy.offset == added[i].offset && copy.timestamp_ms == added[i].timestamp_ms);
      RC_ASSERT(copy.key == added[i].key && copy.value == added[i].value);
      RC_ASSERT(copy.header == added[i].header && copy.headers == added[i].headers);
    }
  });
}

CAF_TEST(views_stay_valid_while_the_batch_grows_past_its_blocks) {
  record_batch batch;
  std::vector<std::string> values;
  for (int i = 0; i < 40; ++i) {
    values.push_back(
      std::string(static_cast<std::size_t>(20'000 + i), static_cast<char>('a' + i % 26)));
    batch.add({i}, i, "key" + std::to_string(i), values.back(), "h", "");
  }
  CAF_CHECK_GREATER(batch.bytes(), 800'000u);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto& view = batch.records()[i];
    CAF_CHECK(view.value() == values[i]);
    CAF_CHECK(view.key() == "key" + std::to_string(i));
    CAF_CHECK(view.header_bytes() == "h");
    CAF_CHECK(view.offset == offset{static_cast<std::int64_t>(i)});
  }
}

CAF_TEST(a_missing_key_or_value_is_not_an_empty_one) {
  record_batch batch;
  batch.add({0}, 0, std::nullopt, std::nullopt, {}, {});
  batch.add({1}, 0, "", "", {}, {});
  const auto none = to_record(batch.records()[0]);
  const auto empty = to_record(batch.records()[1]);
  CAF_CHECK(!none.key && !none.value);
  CAF_CHECK(empty.key && empty.key->empty());
  CAF_CHECK(empty.value && empty.value->empty());
}

CAF_TEST(every_value_is_readable_for_the_padding_past_its_end) {
  // The address sanitizer sees it if one is not; the sum keeps the reads.
  record_batch batch;
  batch.add({0}, 0, std::nullopt, "x", {}, {});
  batch.add({1}, 0, std::nullopt, std::string(300'000, 'y'), {}, {});
  batch.add({2}, 0, std::nullopt, std::string((256 << 10) - 1, 'z'), {}, {});
  unsigned sum = 0;
  for (const auto& view : batch.records())
    for (std::size_t i = 0; i < record_view::padding_bytes; ++i)
      sum += static_cast<unsigned char>(view.value().data()[view.value().size() + i]);
  CAF_CHECK_LESS(sum, 3 * record_view::padding_bytes * 256);
}

CAF_TEST(keys_and_headers_above_64_kib_are_cut_to_what_nothing_of_ours_has) {
  record_batch batch;
  batch.add({0}, 0, std::string(70'000, 'k'), "v", std::string(70'000, 'h'), {});
  CAF_CHECK_EQUAL(batch.records()[0].key().size(), 65'535u);
  CAF_CHECK_EQUAL(batch.records()[0].header_size, 1);
  CAF_CHECK(batch.records()[0].value() == "v");
}

CAF_TEST(a_batch_works_out_what_each_header_is) {
  const record_header header{.term = {7}, .number = 3, .version = {2}};
  const auto packed = pack(header, "a", "{}");
  const std::string_view bytes{packed.data(), packed.size()};
  record_batch batch;
  batch.add({0}, 0, "a", "{}", {}, {});
  batch.add({1}, 0, "a", "{}", bytes.substr(1), {});
  batch.add({2}, 0, "a", "{ }", bytes, {});
  batch.add({3}, 0, "a", "{}", bytes, {});
  const auto& views = batch.records();
  CAF_CHECK(views[0].header_is == header_state::none);
  CAF_CHECK(views[1].header_is == header_state::unreadable);
  CAF_CHECK(views[2].header_is == header_state::broken);
  CAF_CHECK(views[3].header_is == header_state::sealed);
  CAF_CHECK(!views[0].has_header() && !views[1].has_header());
  CAF_CHECK(views[2].header == header && views[3].header == header);
  CAF_CHECK_EQUAL(views[3].key_hash, hash_of_key("a"));
}

CAF_TEST(memory_given_back_serves_the_next_batch_and_no_living_one) {
  constexpr std::size_t expected = 2 << 20;
  const auto pool = make_batch_pool();
  const auto fill = [&](char what) {
    auto batch = std::make_unique<record_batch>(expected, pool);
    for (int i = 0; i < 3; ++i)
      batch->add({i}, 0, std::string(3, what), std::string(1'000, what), {}, {});
    return batch;
  };
  auto first = fill('a');
  const auto living = fill('b');
  const char* const bytes = first->records()[0].bytes;
  first = nullptr;
  const auto next = fill('c');
  CAF_CHECK(next->records()[0].bytes == bytes);
  CAF_CHECK_EQUAL(next->records().size(), 3u);
  for (const auto& view : living->records())
    CAF_CHECK(view.value() == std::string(1'000, 'b'));
  record_batch large{expected, pool};
  large.add({0}, 0, "k", std::string(3 * expected, 'd'), {}, {});
  CAF_CHECK(large.records()[0].value() == std::string(3 * expected, 'd'));
}

CAF_TEST(a_batch_tells_once_when_nobody_reads_it_any_more) {
  int released = 0;
  auto batch = std::make_shared<record_batch>();
  batch->on_release([&] { ++released; });
  std::shared_ptr<const record_batch> second = batch;
  batch = nullptr;
  CAF_CHECK_EQUAL(released, 0);
  second = nullptr;
  CAF_CHECK_EQUAL(released, 1);
}
