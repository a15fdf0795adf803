// cerk export, then cerk import: the same log, down to what a retry is answered.
#define CAF_SUITE cli_export

#include <cerk/cerk.hpp>

#include "../../examples/users.hpp"
#include "cli_process.hpp"

#include "caf/test/unit_test.hpp"

using namespace std::string_literals;
using namespace system_test;
using nlohmann::json;
using namespace example;

namespace {

struct fixture : cli_fixture {
  std::string copy = "sqlite:" + directory / "copy.db";

  // Calls `use` with a repository on the store in `file`, which it owns meanwhile.
  template <class Use>
  void with_repository(const std::string& file, Use use) const {
    cerk::actor_system_config config;
    caf::actor_system system{config};
    cerk::sqlite_provider provider{{.path = directory / file}};
    const cerk::repository repo{system, provider, users};
    use(repo.of(users));
  }

  static auto create_ada(const auto& of_users) {
    return of_users.send("ada", create_user{"Ada", "Byron"}, {.command_key = "make ada"});
  }

  static auto update_ada(const auto& of_users) {
    return of_users.send("ada", update_user{"Ada \"\0\" 😀"s, "\u202eLovelace"},
                         {.command_key = "018f2f3e-0000-7000-8000-000000000001",
                          .correlation_id = "from a test",
                          .metadata = {{"traceparent", "00-1"}, {"bytes", "\xff\0\xfe"s}}});
  }

  // Three owners, one after the other: commands with keys and without, a group, a refusal.
  void use_store() const {
    CAF_CHECK_EQUAL(cerk({"import", "--store", store, write("legacy", user_line("old"))}).code, 0);
    with_repository("u.db", [](const auto& of_users) {
      CAF_CHECK(create_ada(of_users).accepted());
      CAF_CHECK(of_users.send("ada", create_user{"Ada", "Again"}).get_rejection() != nullptr);
      CAF_CHECK(of_users.send("grace", create_user{"Grace", "Hopper"}).accepted());
    });
    with_repository("u.db", [](const auto& of_users) {
      auto work = of_users.begin("group").value();
      work.add(user_created{"1", "of 3"})
        .add(user_modified{"2", "of 3"})
        .add(user_modified{"3", "of 3"});
      CAF_CHECK(work.save({.command_key = "the group"}).accepted());
      CAF_CHECK(update_ada(of_users).accepted());
      CAF_CHECK(of_users.send("old", update_user{"not", "old"}).accepted());
    });
    with_repository("u.db", [](const auto&) {});
  }
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(cli_export, fixture)

CAF_TEST(an_export_into_an_empty_store_is_the_same_log) {
  use_store();
  const auto file = directory / "log.jsonl";
  CAF_CHECK_EQUAL(cerk({"export", "--store", store, file}).code, 0);
  CAF_CHECK_EQUAL(lines_of(content_of(file)).size(), 11u); // 8 events and 3 claims
  const auto imported = cerk({"import", "--store", copy, file});
  CAF_CHECK_EQUAL(imported.code, 0);
  CAF_CHECK_EQUAL(imported.member("records"), 11);
  CAF_CHECK_EQUAL(imported.member("claims"), 3);
  CAF_CHECK_EQUAL(imported.err, "");

  // Offsets, times, keys, values, headers, metadata.
  CAF_CHECK_EQUAL(log(copy), content_of(file));
  // Versions, command ids, terms, what is void.
  const auto of_store = cerk({"fetch", "--all", "--store", store}).out;
  CAF_CHECK_EQUAL(lines_of(of_store).size(), 11u);
  CAF_CHECK_EQUAL(cerk({"fetch", "--all", "--store", copy}).out, of_store);

  auto first = cerk({"replay", "--store", store}).json();
  auto second = cerk({"replay", "--store", copy}).json();
  CAF_CHECK_EQUAL(first["events"], 8);
  CAF_CHECK_EQUAL(first["aggregates"], 4);
  for (const char* name : {"events", "aggregates", "void", "quarantined", "state_hash"})
    CAF_CHECK_EQUAL(second[name], first[name]);
}

CAF_TEST(a_retry_is_answered_by_the_copy_as_by_the_store) {
  use_store();
  CAF_CHECK_EQUAL(cerk({"export", "--store", store, directory / "log.jsonl"}).code, 0);
  CAF_CHECK_EQUAL(cerk({"import", "--store", copy, directory / "log.jsonl"}).code, 0);
  std::vector<std::vector<cerk::receipt>> receipts;
  for (const char* file : {"u.db", "copy.db"}) {
    auto& of_file = receipts.emplace_back();
    with_repository(file, [&](const auto& of_users) {
      for (const auto& again : {create_ada(of_users), update_ada(of_users)}) {
        CAF_REQUIRE(again.get_receipt() != nullptr);
        of_file.push_back(*again.get_receipt());
      }
      // Another command under a key that was used is refused by both.
      const auto reused = of_users.send("ada", create_user{"X", "Y"}, {.command_key = "make ada"});
      CAF_REQUIRE(reused.get_failure() != nullptr);
      CAF_CHECK(reused.get_failure()->code == cerk::errc::command_id_reused);
      CAF_CHECK_EQUAL(of_users.get("ada").value().version.value, 2u);
    });
  }
  CAF_CHECK(receipts[0] == receipts[1]);
  CAF_CHECK_EQUAL(receipts[0][0].version.value, 1u);
  CAF_CHECK_EQUAL(receipts[0][1].version.value, 2u);
  // The retries appended nothing but the claims of their owners.
  CAF_CHECK_EQUAL(cerk({"replay", "--store", copy}).member("events"), 8);
  CAF_CHECK_EQUAL(lines_of(log(copy)).size(), 12u);
}

CAF_TEST(a_part_of_an_export_is_refused) {
  use_store();
  auto lines = lines_of(log(store));
  lines.erase(lines.begin() + 2);
  std::string rest;
  for (const auto& line : lines)
    rest += line + '\n';
  const auto got = cerk({"import", "--store", copy, write("part", rest)});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("line 3: offset 3 follows offset 1"));
  CAF_CHECK(!std::filesystem::exists(directory / "copy.db"));
}

CAF_TEST(an_export_changed_by_hand_is_refused) {
  use_store();
  auto lines = log(store);
  const auto at = lines.find("Hopper");
  CAF_REQUIRE(at != std::string::npos);
  const auto file = write("changed", lines.replace(at, 6, "Popper"));
  const auto got = cerk({"import", "--store", copy, file});
  CAF_CHECK_EQUAL(got.code, 1);
  CAF_CHECK(got.says("line 4: its seal is broken"));
  CAF_CHECK_EQUAL(cerk({"import", "--store", copy, "--keep-damaged", file}).code, 0);
  const auto replayed = cerk({"replay", "--store", copy});
  CAF_CHECK_EQUAL(replayed.code, 3);
  CAF_CHECK(replayed.says("quarantined: grace, partition 0, offset 3"));
}

CAF_TEST(a_used_store_takes_no_export) {
  use_store();
  const auto file = write("log", log(store));
  const auto got = cerk({"import", "--store", store, file});
  CAF_CHECK_EQUAL(got.code, 4);
  CAF_CHECK(got.says("line 1: an event without header would be void in this store"));
  CAF_CHECK_EQUAL(log(store), content_of(file));
}

CAF_TEST(void_records_are_exported_too) {
  use_store();
  // A copy of an event at the end of the log: void, and still part of it.
  auto lines = lines_of(log(store));
  auto late = json::parse(lines[2]);
  late["offset"] = 11;
  const auto file = write("late", log(store) + late.dump() + '\n');
  const auto imported = cerk({"import", "--store", copy, file});
  CAF_CHECK_EQUAL(imported.code, 0);
  CAF_CHECK(imported.says("1 of the imported records have no effect: stale_term"));
  CAF_CHECK_EQUAL(lines_of(log(copy)).size(), 12u);
  CAF_CHECK_EQUAL(cerk({"replay", "--store", copy}).member("void"), 1);
}

CAF_TEST(a_file_is_replaced_whole) {
  use_store();
  const auto file = write("log.jsonl", "what was there before\n");
  CAF_CHECK_EQUAL(cerk({"export", "--store", store, file}).code, 0);
  CAF_CHECK_EQUAL(content_of(file), log(store));
  const auto count = std::distance(std::filesystem::directory_iterator{directory / ""}, {});
  CAF_CHECK_EQUAL(cerk({"export", "--store", store, file}).code, 0);
  CAF_CHECK_EQUAL(std::distance(std::filesystem::directory_iterator{directory / ""}, {}), count);
}

CAF_TEST_FIXTURE_SCOPE_END()
