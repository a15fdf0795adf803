// One record as one line, and back: nothing may be lost, nothing may be guessed.
#define CAF_SUITE cli_lines

#include "base64.hpp"
#include "ndjson_record.hpp"

#include <nlohmann/json.hpp>

#include "caf/test/unit_test.hpp"

using namespace cerk;
using namespace cerk::cli;

namespace {

result<record_line> read(std::string_view line) {
  simdjson::dom::parser parser;
  return read_line(parser, line);
}

std::string refusal(std::string_view line) {
  const auto got = read(line);
  return got ? "nothing wrong" : got.error().what;
}

std::string written(const record& r) {
  record_batch batch;
  auto view = [](const std::optional<std::string>& text) {
    return text ? std::optional<std::string_view>{*text} : std::nullopt;
  };
  batch.add(r.offset, r.timestamp_ms, view(r.key), view(r.value), r.header,
            pack_headers(r.headers));
  std::string line;
  write_line(line, partition_id{3}, batch.records().front());
  return line;
}

void check_that_it_survives(const record& r) {
  const auto line = written(r);
  CAF_CHECK_EQUAL(line.find('\n'), line.size() - 1);
  const auto back = read(line);
  if (!back) {
    CAF_ERROR(back.error().what << ": " << line);
    return;
  }
  CAF_CHECK_EQUAL(back->partition.value(), 3);
  CAF_CHECK_EQUAL(back->offset.value(), r.offset.value);
  CAF_CHECK_EQUAL(back->timestamp_ms.value(), r.timestamp_ms);
  CAF_CHECK(back->stored.key == r.key);
  CAF_CHECK(back->stored.value == r.value);
  CAF_CHECK(back->stored.header == r.header);
  CAF_CHECK(back->stored.headers == r.headers);
}

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  return bytes;
}

} // namespace

CAF_TEST(base64_is_that_of_the_rfc) {
  const std::pair<const char*, const char*> samples[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : samples) {
    std::string out;
    append_base64(out, bytes);
    CAF_CHECK_EQUAL(out, text);
    CAF_CHECK_EQUAL(from_base64(text).value_or("?"), bytes);
  }
}

CAF_TEST(base64_of_every_byte_comes_back) {
  for (std::size_t cut = 0; cut < 4; ++cut) {
    const auto bytes = all_bytes().substr(cut);
    std::string text;
    append_base64(text, bytes);
    CAF_CHECK(from_base64(text) == bytes);
  }
}

CAF_TEST(what_base64_does_not_write_is_not_base64) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm 9",
                           "Zm9v\n", "Zm-_", "=Zg=", "Zg==Zg=="})
    CAF_CHECK(!from_base64(text));
}

CAF_TEST(a_record_survives_being_a_line) {
  check_that_it_survives({.offset = {0}, .timestamp_ms = 1, .key = "ada", .value = R"({"a":1})"});
  check_that_it_survives({.offset = {9'007'199'254'740'993},
                          .timestamp_ms = -1,
                          .key = "k",
                          .value = "v",
                          .header = all_bytes().substr(0, 64),
                          .headers = {{"a", all_bytes()}, {"a", ""}, {"", "x"}}});
}

CAF_TEST(text_survives_byte_for_byte) {
  for (const std::string& text :
       {std::string{"\"quoted\" \\ back/slash"}, std::string{"nul\0inside", 10},
        std::string{"line\nbreak\r\ttab \x01\x1f\x7f"}, std::string{"😀 白 Żółć"},
        std::string{"\u202eright to left\u202c مرحبا"}, std::string{"\u2028\u2029\ufeff"}}) {
    check_that_it_survives({.offset = {1}, .key = text, .value = text});
  }
}

CAF_TEST(bytes_that_are_not_text_survive_as_base64) {
  const record r{.offset = {1}, .key = "\xff\xfe", .value = all_bytes()};
  CAF_CHECK(written(r).find("\"key_base64\":\"//4=\"") != std::string::npos);
  check_that_it_survives(r);
}

CAF_TEST(nothing_and_empty_are_two_things) {
  check_that_it_survives({.offset = {1}});
  check_that_it_survives({.offset = {1}, .key = "", .value = ""});
  CAF_CHECK(written({.offset = {1}}).find("\"key\":null,\"value\":null") != std::string::npos);
}

CAF_TEST(a_reader_needs_key_and_value_only) {
  const auto got = read(R"( {"value": "v", "key": "k"} )").value();
  CAF_CHECK_EQUAL(got.stored.key.value(), "k");
  CAF_CHECK(!got.partition && !got.offset && !got.timestamp_ms);
}

CAF_TEST(only_a_claim_may_leave_out_its_key) {
  const claim c{.id = {7}};
  const nlohmann::json line{{"value", claim_value(c, 0)}};
  CAF_CHECK(read(line.dump()).has_value());
  CAF_CHECK_EQUAL(refusal(R"({"value":"{}"})"),
                  "member \"key\" is missing; only a claim may leave it out");
  CAF_CHECK(read(R"({"key":null,"value":"{}"})").has_value());
}

CAF_TEST(what_is_wrong_with_a_line_is_told) {
  const std::pair<std::string, std::string> samples[]
    = {{"", "the line is not JSON"},
       {"{", "the line is not JSON"},
       {R"({"key":"k","value":"v"} x)", "the line is not JSON"},
       {"{\"key\":\"\xff\",\"value\":\"v\"}", "UTF-8"},
       {R"({"key":"\ud800","value":"v"})", "the line is not JSON"},
       {R"({"key":"\udc00","value":"v"})", "the line is not JSON"},
       {"[1]", "the line is not a JSON object"},
       {R"({"key":"k"})", "\"value\" is missing"},
       {R"({"key":"k","value":"v","extra":1})", "\"extra\" is unknown"},
       {R"({"key":"k","value":"v","value":"w"})", "\"value\" is there twice"},
       {R"({"key":"k","key_base64":"aw==","value":"v"})", "both \"key\" and \"key_base64\""},
       {R"({"key":"k","value":"v","value_base64":"dg=="})", "both \"value\" and \"value_base64\""},
       {R"({"key":1,"value":"v"})", "\"key\" is not a string or null"},
       {R"({"key":"k","value":{}})", "\"value\" is not a string or null"},
       {R"({"key":"k","value_base64":null})", "\"value_base64\" is not a string"},
       {R"({"key":"k","value_base64":"d"})", "\"value_base64\" is not base64"},
       {R"({"key":"k","value":"v","partition":-1})", "\"partition\" is not an integer from 0"},
       {R"({"key":"k","value":"v","partition":2147483648})", "\"partition\" is not an integer"},
       {R"({"key":"k","value":"v","offset":1.5})", "\"offset\" is not an integer from 0"},
       {R"({"key":"k","value":"v","offset":"1"})", "\"offset\" is not an integer from 0"},
       {R"({"key":"k","value":"v","offset":18446744073709551615})", "\"offset\" is not an integer"},
       {R"({"key":"k","value":"v","timestamp":-2})", "\"timestamp\" is not an integer from -1"},
       {R"({"key":"k","value":"v","headers":{}})", "\"headers\" is not an array"},
       {R"({"key":"k","value":"v","headers":["a"]})", "a header is not an array"},
       {R"({"key":"k","value":"v","headers":[["a"]]})", "a header is not an array"},
       {R"({"key":"k","value":"v","headers":[["a",1]]})", "a header is not an array"},
       {R"({"key":"k","value":"v","headers":[["a","?"]]})", "header \"a\" is not base64"},
       {R"({"key":"k","value":"v","headers":[["cerk","YQ=="],["cerk","YQ=="]]})",
        "\"cerk\" is there twice"},
       {R"({"key":"k","value":"v","headers":[["cerk",""]]})", "\"cerk\" is empty"},
       {R"({"key":")" + std::string(65'536, 'k') + R"(","value":"v"})",
        "the key has more than 65535"}};
  for (const auto& [line, words] : samples) {
    const auto told = refusal(line);
    if (told.find(words) == std::string::npos)
      CAF_ERROR("expected '" << words << "', got '" << told << "' for " << line.substr(0, 100));
  }
}
