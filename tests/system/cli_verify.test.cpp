// cerk verify: a line for each thing that is wrong, and silence about what is not.
#define CAF_SUITE cli_verify

#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace system_test;
using nlohmann::json;

namespace {

struct fixture : cli_fixture {
  cli_result verify(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"verify", "--store", store});
    return cerk(more);
  }

  // A log of one aggregate and its owner's claim, with the second line as `change` leaves it.
  template <class Change>
  void import_changed(Change change, const std::vector<std::string>& flags = {}) const {
    const auto other = "sqlite:" + directory / "other.db";
    CAF_REQUIRE_EQUAL(cerk({"fill", "-n", "2", "--aggregates", "1", "--store", other}).code, 0);
    auto lines = lines_of(log(other));
    CAF_REQUIRE_EQUAL(lines.size(), 3u);
    auto second = json::parse(lines[1]);
    change(second);
    lines[1] = second.dump();
    std::vector<std::string> arguments{
      "import", write("changed.jsonl", lines[0] + '\n' + lines[1] + '\n' + lines[2] + '\n'),
      "--store", store};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    CAF_REQUIRE_EQUAL(cerk(arguments).code, 0);
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_verify, fixture)

CAF_TEST(a_log_without_fault_has_no_findings) {
  CAF_REQUIRE_EQUAL(cerk({"fill", "-n", "100", "--store", store}).code, 0);
  CAF_REQUIRE_EQUAL(cerk({"fill", "-n", "100", "--store", store}).code, 0);
  const auto got = verify();
  CAF_CHECK_EQUAL(got.code, 0);
  CAF_CHECK(got.out.empty());
  CAF_CHECK(got.says("202 records"));
}

CAF_TEST(a_store_that_does_not_exist_fails) {
  CAF_CHECK_EQUAL(verify().code, 1);
}

CAF_TEST(a_changed_value_is_a_problem_with_its_place) {
  import_changed([](json& line) { line["value"] = R"({"id":"x","type":"UserCreatedEvent"})"; },
                 {"--keep-damaged"});
  const auto got = verify();
  CAF_CHECK_EQUAL(got.code, 3);
  CAF_CHECK(got.out.starts_with("problem: partition 0, offset 1, aggregate '"));
  CAF_CHECK(got.out.ends_with("': unreadable: the seal is broken\n"));
  CAF_CHECK_EQUAL(lines_of(got.out).size(), 1u); // the restore's finding is the same one
}

CAF_TEST(what_a_fenced_owner_wrote_is_counted_and_what_a_stranger_wrote_is_a_problem) {
  const auto other = "sqlite:" + directory / "other.db";
  for (int owners = 0; owners < 2; ++owners)
    CAF_REQUIRE_EQUAL(cerk({"fill", "-n", "1", "--aggregates", "1", "--store", other}).code, 0);
  const auto whole = log(other);
  auto late = json::parse(lines_of(whole).at(1)); // the first owner's event
  late["offset"] = 4;
  auto strange = json::parse(user_line("eve"));
  strange["offset"] = 5;
  const auto file = write("late.jsonl", whole + late.dump() + '\n' + strange.dump() + '\n');
  CAF_REQUIRE_EQUAL(cerk({"import", file, "--store", store}).code, 0);
  const auto got = verify();
  CAF_CHECK_EQUAL(got.code, 3);
  CAF_CHECK_EQUAL(got.out,
                  "problem: partition 0, offset 5, aggregate 'eve': headerless_after_claim\n");
  CAF_CHECK(got.says("1 of them have no effect: stale_term"));
}

CAF_TEST(what_only_the_types_can_tell_is_found_too_and_printed_as_asked) {
  const std::string bad = user_line("ada", "UnheardOfEvent");
  CAF_REQUIRE_EQUAL(
    cerk({"import", write("b.jsonl", user_line("bob") + bad), "--store", store}).code, 0);
  const auto lines = verify({"-o", "ndjson"});
  CAF_CHECK_EQUAL(lines.code, 3);
  CAF_REQUIRE_EQUAL(lines_of(lines.out).size(), 1u);
  const auto finding = json::parse(lines.out);
  CAF_CHECK(finding["severity"] == "problem");
  CAF_CHECK(
    finding["what"].get<std::string>().starts_with("partition 0, offset 1, aggregate 'ada'"));
  const auto all = verify({"-o", "json"}).json();
  CAF_REQUIRE_EQUAL(all.size(), 1u);
  CAF_CHECK(all[0] == finding);
}

CAF_TEST_FIXTURE_SCOPE_END()
