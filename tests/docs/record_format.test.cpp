// docs/record_format.md: its worked example, made anew and compared with the page's bytes.
#define CAF_SUITE record_format

#include <cerk/cerk.hpp>

#include "../../examples/users.hpp"
#include "envelope.hpp"

#include <fstream>
#include <sstream>

#include "caf/test/unit_test.hpp"

using namespace cerk;

namespace {

std::string page() {
  std::ifstream file{CERK_SOURCE_DIR "/docs/record_format.md"};
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The bytes of the lines "    OFFSET  hex hex ...": up to the first column that is no hex pair.
std::string bytes_of_the_example(const std::string& text) {
  std::istringstream lines{text.substr(text.find("    00  01 "))};
  std::string bytes;
  for (std::string line; bytes.size() < record_header_bytes && std::getline(lines, line);) {
    std::istringstream columns{line};
    std::string column;
    columns >> column;
    CAF_REQUIRE_EQUAL(std::stoul(column, nullptr, 16), bytes.size());
    while (columns >> column && column.size() == 2
           && column.find_first_not_of("0123456789abcdef") == std::string::npos)
      bytes += static_cast<char>(std::stoul(column, nullptr, 16));
  }
  return bytes;
}

record example_record() {
  environment still{.system_now =
                      [] {
                        return std::chrono::system_clock::time_point{
                          std::chrono::milliseconds{1'795'413'108'123}};
                      },
                    .steady_now = [] { return std::chrono::steady_clock::now(); },
                    .random = [] { return std::uint64_t{0x1122334455667788}; }};
  actor_system_config config;
  caf::actor_system system{config};
  memory_provider store{{.partitions = 1}};
  {
    const repository repo{system, store, {.environment = still}, example::users};
    const auto created
      = repo.of(example::users)
          .send("ada", example::create_user{"Ada", "Byron"}, {.command_key = "order-17"});
    CAF_REQUIRE(created.accepted());
    CAF_CHECK_EQUAL(repo.state_hash(), 0x3fc69a892d2ba984u);
  }
  const auto batch = store.read(partition_id{0}, offset{1}).value()->next(1).value();
  return to_record(batch->records().at(0));
}

} // namespace

CAF_TEST(the_worked_example_is_what_is_stored) {
  const auto stored = example_record();
  const auto text = page();
  CAF_CHECK(stored.header == bytes_of_the_example(text));
  CAF_CHECK_EQUAL(*stored.key, "ada");
  CAF_CHECK_EQUAL(stored.value->size(), 130u);
  CAF_CHECK(text.find('\n' + *stored.value + '\n') != std::string::npos);
}

CAF_TEST(the_page_s_claim_is_what_is_stored) {
  const auto value
    = claim_value({.id = {0x1122334455667788}, .owner = "host:4711"}, 1'795'413'108'000);
  CAF_CHECK(page().find('\n' + value + '\n') != std::string::npos);
}

CAF_TEST(the_digest_is_of_the_command_s_name_and_fields) {
  CAF_CHECK_EQUAL(digest_of("CreateUserCommand", R"({"first_name":"Ada","last_name":"Byron"})"),
                  0x23ec6a65bc6d59e5u);
}
