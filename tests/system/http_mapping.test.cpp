// From targets, headers and outcomes to replies: the pure functions, asked without a process.
#define CAF_SUITE http_mapping

#include "answers.hpp"
#include "command_headers.hpp"
#include "framing.hpp"
#include "json_copy.hpp"
#include "metrics_page.hpp"
#include "routes.hpp"
#include "units.hpp"

#include <map>

#include "caf/test/unit_test.hpp"

using namespace writer;
using cerk::errc;
using system_test::json_copy;

namespace {

json_copy json_of(const reply& r) {
  return nlohmann::json::parse(r.body);
}

std::string field_of(const reply& r, std::string_view name) {
  for (const auto& [field, value] : r.fields)
    if (field == name)
      return value;
  return {};
}

request_head command_head(std::vector<std::pair<std::string, std::string>> more = {}) {
  request_head head{.method = "POST", .target = "/", .fields = std::move(more)};
  head.fields.emplace_back("Host", "x");
  head.fields.emplace_back("content-length", "2");
  return head;
}

unsigned status_of_headers(std::vector<std::pair<std::string, std::string>> more) {
  const auto read = read_command_headers(command_head(std::move(more)));
  return read ? 200 : read.error().status;
}

unsigned status_of_route(std::string_view method, std::string_view target) {
  const auto found = find_route(method, target);
  return found ? 200 : found.error().status;
}

cerk::stored_event event_at(std::uint64_t version, std::string value) {
  return {.key = "ada", .type = "E", .version = {version}, .value = std::move(value)};
}

using phase = cerk::restore_progress::phase;

const cerk::restore_progress waiting{};
const cerk::restore_progress serving{.now = phase::serving};
const cerk::restore_progress reading{.partition = 1,
                                     .now = phase::reading,
                                     .start = 100,
                                     .position = 500,
                                     .end = 1'000,
                                     .events = 300,
                                     .bytes = 3'000'000,
                                     .seconds = 2};

} // namespace

CAF_TEST(every_failure_has_its_status_and_those_that_pass_say_when_to_come_back) {
  const std::map<errc, unsigned> statuses{
    {errc::bad_id, 400},          {errc::bad_command, 400},
    {errc::wrong_type, 409},      {errc::command_id_reused, 422},
    {errc::event_too_large, 413}, {errc::domain_error, 500},
    {errc::quarantined, 423},     {errc::overloaded, 429},
    {errc::restoring, 503},       {errc::fenced, 503},
    {errc::stopping, 503},        {errc::unavailable, 503},
    {errc::unknown, 504},         {errc::not_found, 404},
  };
  for (const auto& [code, status] : statuses) {
    const auto made = reply_to(cerk::error{code, "why"});
    CAF_CHECK_EQUAL(made.status, status);
    CAF_CHECK_EQUAL(made.content_type, "application/problem+json");
    CAF_CHECK_EQUAL(json_of(made)["status"], status);
    CAF_CHECK_EQUAL(json_of(made)["code"], cerk::to_string(code));
    CAF_CHECK_EQUAL(json_of(made)["detail"], "why");
    CAF_CHECK_EQUAL(field_of(made, "Retry-After").empty(), status != 429 && status != 503);
  }
}

CAF_TEST(a_refusal_is_a_conflict_unless_there_is_no_aggregate_yet) {
  const cerk::rejection why{.code = "taken", .text = "it is taken", .field = "name"};
  const auto refused = reply_to(cerk::outcome{cerk::rejected{{why}, false, {3}}});
  CAF_CHECK_EQUAL(refused.status, 409u);
  CAF_CHECK_EQUAL(json_of(refused)["errors"][0]["field"], "name");
  CAF_CHECK_EQUAL(json_of(refused)["errors"][0]["code"], "taken");
  CAF_CHECK_EQUAL(json_of(refused)["errors"][0]["text"], "it is taken");
  CAF_CHECK_EQUAL(reply_to(cerk::outcome{cerk::rejected{{why}, false, {0}}}).status, 404u);
  const auto conflict = reply_to(cerk::outcome{cerk::rejected{{}, true, {0}}});
  CAF_CHECK_EQUAL(conflict.status, 412u);
}

CAF_TEST(bytes_that_are_not_utf8_are_replaced_where_they_are_quoted) {
  const auto made = reply_to(cerk::error{errc::bad_id, "'\xff' is no id"});
  CAF_CHECK_EQUAL(json_of(made)["detail"], "'\xEF\xBF\xBD' is no id");
}

CAF_TEST(targets_lead_to_routes) {
  CAF_CHECK_EQUAL(status_of_route("POST", "/"), 200u);
  CAF_CHECK_EQUAL(status_of_route("POST", "http://host:1/"), 200u);
  CAF_CHECK_EQUAL(status_of_route("HEAD", "/healthz"), 200u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a%2Db"), 200u);
  const auto decoded = *find_route("GET", "/aggregates/a%2Db");
  CAF_CHECK_EQUAL(std::get<get_aggregate>(decoded).id, "a-b");
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a%2"), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a%zz"), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a%2Fb"), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/" + std::string(128, 'a')), 200u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/" + std::string(129, 'a')), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/"), 404u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a/b"), 404u);
  CAF_CHECK_EQUAL(status_of_route("GET", "*"), 404u);
  CAF_CHECK_EQUAL(status_of_route("DELETE", "/aggregates/a"), 405u);
  CAF_CHECK_EQUAL(field_of(find_route("GET", "/").error(), "Allow"), "POST");
  CAF_CHECK_EQUAL(field_of(find_route("PUT", "/metrics").error(), "Allow"), "GET, HEAD");
}

CAF_TEST(parameters_are_known_and_within_their_bounds) {
  const auto page
    = std::get<get_events>(*find_route("GET", "/aggregates/a/events?limit=7&after=3"));
  CAF_CHECK_EQUAL(page.limit, 7u);
  CAF_CHECK_EQUAL(page.after, 3u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a/events"), 200u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a/events?limit=1000"), 200u);
  for (const char* query : {"limit=0", "limit=1001", "limit=x", "limit=", "limit", "after=-1",
                            "after=9223372036854775808", "after=1&after=1", "page=1", "a%=1", "&"})
    CAF_CHECK_EQUAL(status_of_route("GET", std::string{"/aggregates/a/events?"} + query), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a?limit=1"), 400u);
  CAF_CHECK_EQUAL(status_of_route("POST", "/?x"), 400u);
  CAF_CHECK(std::get<post_command>(*find_route("POST", "/?strict=true")).strict);
  CAF_CHECK(!std::get<post_command>(*find_route("POST", "/")).strict);
  CAF_CHECK(std::get<get_aggregate>(*find_route("GET", "/aggregates/a?strict=true")).strict);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a?strict=1"), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/aggregates/a/events?strict=true"), 400u);
  CAF_CHECK_EQUAL(status_of_route("GET", "/healthz?strict=true"), 400u);
}

CAF_TEST(only_one_strong_version_tag_can_be_expected) {
  const auto read = read_command_headers(command_head({{"if-match", "\"12\""}}));
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(read->expected_version->value, 12u);
  CAF_CHECK_EQUAL(status_of_headers({{"If-Match", "\"0\""}}), 200u);
  for (const char* tag : {"*", "W/\"1\"", "1", "\"\"", "\"01\"", "\"-1\"", "\"1\", \"2\"", "\"x\"",
                          "\"9223372036854775808\"", "\"99999999999999999999\"", ""})
    CAF_CHECK_EQUAL(status_of_headers({{"If-Match", tag}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"If-Match", "\"1\""}, {"If-Match", "\"1\""}}), 400u);
}

CAF_TEST(a_key_is_printable_and_short_and_comes_once) {
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", std::string(255, 'k')}}), 200u);
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", std::string(256, 'k')}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", ""}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", "\xc3\xa4"}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", "a\tb"}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"Idempotency-Key", "a"}, {"idempotency-key", "a"}}), 400u);
}

CAF_TEST(what_a_command_belongs_to_is_passed_on) {
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto read = read_command_headers(command_head({{"x-correlation-id", "order-17"},
                                                       {"X-Causation-Id", "click-3"},
                                                       {"Traceparent", parent},
                                                       {"tracestate", std::string(512, 's')}}));
  CAF_REQUIRE(read.has_value());
  CAF_CHECK_EQUAL(read->correlation_id, "order-17");
  const cerk::metadata expected{{"causation_id", "click-3"},
                                {"traceparent", parent},
                                {"tracestate", std::string(512, 's')}};
  CAF_CHECK(read->metadata == expected);
  CAF_CHECK_EQUAL(status_of_headers({{"traceparent", "a"}, {"traceparent", "a"}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"X-Correlation-Id", std::string(256, 'k')}}), 400u);
  CAF_CHECK_EQUAL(status_of_headers({{"X-Causation-Id", "\xc3\xa4"}}), 400u);
}

CAF_TEST(a_command_is_json_in_utf8) {
  for (const char* type : {"application/json", "Application/JSON; charset=UTF-8",
                           "application/json;charset=\"utf-8\""})
    CAF_CHECK_EQUAL(status_of_headers({{"Content-Type", type}}), 200u);
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "",
                           "application/json; charset=latin1", "application/jsonx"})
    CAF_CHECK_EQUAL(status_of_headers({{"Content-Type", type}}), 415u);
  CAF_CHECK_EQUAL(status_of_headers({{"Content-Encoding", "gzip"}}), 415u);
}

CAF_TEST(a_body_has_one_length_or_is_chunked) {
  const auto status
    = [](std::vector<std::pair<std::string, std::string>> fields, unsigned version = 11) {
        fields.emplace_back("Host", "x");
        const auto unfit = unfit_framing({"POST", "/", version, std::move(fields)});
        CAF_CHECK(!unfit || unfit->closes);
        return unfit ? unfit->status : 200;
      };
  CAF_CHECK_EQUAL(status({{"Content-Length", "5"}}), 200u);
  CAF_CHECK_EQUAL(status({{"Transfer-Encoding", "Chunked"}}), 200u);
  CAF_CHECK_EQUAL(status({{"Content-Length", "5"}, {"content-length", "5"}}), 400u);
  CAF_CHECK_EQUAL(status({{"Content-Length", "5, 5"}}), 400u);
  CAF_CHECK_EQUAL(status({{"Content-Length", ""}}), 400u);
  CAF_CHECK_EQUAL(status({{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}), 400u);
  CAF_CHECK_EQUAL(status({{"Transfer-Encoding", "gzip, chunked"}}), 400u);
  CAF_CHECK_EQUAL(status({{"Transfer-Encoding", "identity"}}), 400u);
  CAF_CHECK_EQUAL(status({{"Transfer-Encoding", "chunked"}}, 10), 400u);
  CAF_CHECK_EQUAL(status({{"Host", "y"}}), 400u);
}

CAF_TEST(a_page_of_events_is_bounded_in_events_and_in_bytes) {
  const std::string large = '"' + std::string(5 << 20, 'x') + '"';
  const std::vector<cerk::stored_event> events{event_at(1, "{}"), event_at(2, "{}"),
                                               event_at(3, large), event_at(4, large)};
  const auto by_count = json_of(reply_to(get_events{.id = "ada", .limit = 2}, events));
  CAF_CHECK_EQUAL(by_count["events"].size(), 2u);
  CAF_CHECK_EQUAL(by_count["next"], 2);
  const auto by_bytes = json_of(reply_to(get_events{.id = "ada"}, events));
  CAF_CHECK_EQUAL(by_bytes["events"].size(), 3u);
  CAF_CHECK_EQUAL(by_bytes["next"], 3);
  const auto last = json_of(reply_to(get_events{.id = "ada"}, {{event_at(9, "{}")}}));
  CAF_CHECK(!last.contains("next"));
}

CAF_TEST(an_event_that_is_not_json_is_shown_as_text) {
  const auto page = json_of(reply_to(get_events{.id = "ada"}, {{event_at(1, "{\"a\":\xff")}}));
  CAF_CHECK_EQUAL(page["events"][0]["value"], "{\"a\":\xEF\xBF\xBD");
}

CAF_TEST(readiness_tells_how_the_restore_goes) {
  const auto before = reply_to(readiness{.store_is_open = true, .partitions = {reading}});
  CAF_CHECK_EQUAL(before.status, 503u);
  CAF_CHECK(!field_of(before, "Retry-After").empty());
  const auto partition = json_of(before)["partitions"][0];
  CAF_CHECK_EQUAL(partition["phase"], "reading");
  CAF_CHECK_EQUAL(partition["start"], 100);
  CAF_CHECK_EQUAL(partition["position"], 500);
  CAF_CHECK_EQUAL(partition["end"], 1'000);
  CAF_CHECK_EQUAL(partition["events"], 300);
  CAF_CHECK_EQUAL(partition["bytes"], 3'000'000);
  CAF_CHECK_EQUAL(partition["seconds"], 2.0);
  CAF_CHECK_EQUAL(partition["events_per_second"], 150.0);
  CAF_CHECK_EQUAL(partition["megabytes_per_second"], 1.5);
  CAF_CHECK_EQUAL(partition["seconds_left"], 2.5);
  CAF_CHECK_EQUAL(field_of(before, "Retry-After"), "3");
  const auto whole
    = json_of(reply_to(readiness{.store_is_open = true, .partitions = {reading, reading}}));
  CAF_CHECK_EQUAL(whole["phase"], "restoring");
  CAF_CHECK_EQUAL(whole["events"], 600);
  CAF_CHECK_EQUAL(whole["events_per_second"], 300.0);
  CAF_CHECK_EQUAL(whole["megabytes_per_second"], 3.0);
  CAF_CHECK_EQUAL(whole["seconds_left"], 2.5);
  const auto unknown
    = json_of(reply_to(readiness{.store_is_open = true, .partitions = {waiting, reading}}));
  CAF_CHECK(unknown["seconds_left"].is_null());
  for (const char* name : {"events_per_second", "megabytes_per_second", "seconds_left"})
    CAF_CHECK(unknown["partitions"][0][name].is_null());
  CAF_CHECK_EQUAL(reply_to(readiness{.store_is_open = true, .partitions = {serving}}).status, 200u);
  CAF_CHECK_EQUAL(
    reply_to(readiness{.store_is_open = true, .is_stopping = true, .partitions = {serving}}).status,
    503u);
  CAF_CHECK_EQUAL(reply_to(readiness{}).status, 503u);
}

CAF_TEST(the_service_is_said_to_be_in_its_gravest_partition_s_phase) {
  const auto phase_with = [](std::vector<cerk::restore_progress> partitions) {
    return json_of(reply_to(readiness{.store_is_open = true, .partitions = std::move(partitions)}))
      .value("phase", std::string{});
  };
  CAF_CHECK_EQUAL(phase_with({serving, serving}), "serving");
  CAF_CHECK_EQUAL(phase_with({serving, waiting}), "restoring");
  CAF_CHECK_EQUAL(phase_with({{.now = phase::claiming}, serving}), "restoring");
  CAF_CHECK_EQUAL(phase_with({serving, reading, {.now = phase::fenced}}), "fenced");
  CAF_CHECK_EQUAL(phase_with({{.now = phase::fenced}, {.now = phase::stopped}}), "stopped");
  CAF_CHECK_EQUAL(phase_with({{.now = phase::stopped}, {.now = phase::failed}}), "failed");
  CAF_CHECK_EQUAL(json_of(reply_to(readiness{})).value("phase", std::string{}), "opening");
}

CAF_TEST(metrics_tell_how_the_restore_goes_and_nothing_that_nobody_knows) {
  const auto page = metrics_page({}, {waiting, reading}, {});
  CAF_MESSAGE(page);
  const auto has
    = [&](const std::string& line) { return page.find('\n' + line + '\n') != std::string::npos; };
  CAF_CHECK(has("cerk_partition_serving{partition=\"0\"} 0"));
  CAF_CHECK(has("cerk_restore_start_offset{partition=\"1\"} 100"));
  CAF_CHECK(has("cerk_restore_position_offset{partition=\"1\"} 500"));
  CAF_CHECK(has("cerk_restore_end_offset{partition=\"1\"} 1000"));
  CAF_CHECK(has("cerk_restore_events{partition=\"1\"} 300"));
  CAF_CHECK(has("cerk_restore_bytes{partition=\"1\"} 3000000"));
  CAF_CHECK(has("cerk_restore_seconds{partition=\"1\"} 2"));
  CAF_CHECK(has("cerk_restore_events_per_second{partition=\"1\"} 150"));
  CAF_CHECK(has("cerk_restore_bytes_per_second{partition=\"1\"} 1500000"));
  CAF_CHECK(has("cerk_restore_left_seconds{partition=\"1\"} 2.5"));
  for (std::size_t at = 0; (at = page.find("\ncerk_restore_", at)) != std::string::npos; ++at)
    CAF_CHECK(page.substr(at, page.find('\n', at + 1) - at).find("\"0\"") == std::string::npos);
}

CAF_TEST(units_are_read_whole_or_not_at_all) {
  using namespace std::chrono_literals;
  CAF_CHECK(*parse_duration("500ms") == 500ms);
  CAF_CHECK(*parse_duration("10s") == 10s);
  CAF_CHECK(*parse_duration("2h") == 2h);
  CAF_CHECK_EQUAL(*parse_bytes("256MiB"), 256u << 20);
  CAF_CHECK_EQUAL(*parse_bytes("1B"), 1u);
  for (const char* text : {"", "10", "s", "-1s", "1.5s", "10 s", "10S", "10sec", "0x1s",
                           "99999999999999999999s", "9223372036854775807h"})
    CAF_CHECK(!parse_duration(text));
  for (const char* text : {"", "256", "256MB", "MiB", "99999999999GiB"})
    CAF_CHECK(!parse_bytes(text));
  CAF_CHECK(!parse_count("4x"));
}
