// The store contract, kept by a SQLite file, and what only a file can do wrong.
#define CAF_SUITE sqlite_store

#include "cerk/sqlite_provider.hpp"

#include "store_contract.hpp"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace {

namespace fs = std::filesystem;

/// A folder of its own, gone with the test.
struct folder {
  folder() {
    static std::atomic<int> count{0};
    path = fs::temp_directory_path()
           / ("cerk-contract-" + std::to_string(getpid()) + '-' + std::to_string(++count));
    fs::create_directories(path);
  }
  ~folder() {
    fs::remove_all(path);
  }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;

  std::string file() const {
    return (path / "store.db").string();
  }

  fs::path path;
};

contract::factory make_store() {
  auto home = std::make_shared<folder>();
  return {.make =
            [home] {
              return std::make_unique<cerk::sqlite_provider>(
                cerk::sqlite_options{.path = home->file(), .event_bytes_max = 4'096});
            },
          .is_durable = true,
          .event_bytes_max = 4'096};
}

cerk::error refusal_of(const cerk::sqlite_options& options) {
  try {
    cerk::sqlite_provider opened{options};
  } catch (const cerk::failure_exception& e) {
    return e.reason();
  }
  return {};
}

} // namespace

#include "store_contract_tests.hpp"

CAF_TEST(a_second_owner_is_refused_with_the_name_of_the_file) {
  const folder home;
  cerk::sqlite_provider first{{.path = home.file()}};
  const auto why = refusal_of({.path = home.file()});
  CAF_CHECK(why.code == cerk::errc::store_in_use);
  CAF_CHECK(why.what.find(home.file()) != std::string::npos);
  CAF_CHECK(why.what.find("in use") != std::string::npos);
}

CAF_TEST(a_file_that_is_no_store_is_refused) {
  const folder home;
  std::ofstream{home.file()} << "this is a text file, and a long one, so that it has a first page";
  CAF_CHECK(refusal_of({.path = home.file()}).code == cerk::errc::corrupt);
  CAF_CHECK(refusal_of({.path = (home.path / "no" / "such" / "folder.db").string()}).code
            == cerk::errc::store_unusable);
}

CAF_TEST(a_sqlite_file_of_another_program_or_format_is_refused) {
  const auto changed_at = [](std::streamoff place) {
    const folder home;
    cerk::sqlite_provider{{.path = home.file()}}.close();
    // Two numbers in the file's own header: whose it is, and in which format.
    std::fstream file{home.file(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(place);
    file << "nope";
    file.close();
    return refusal_of({.path = home.file()});
  };
  const auto foreign = changed_at(68);
  CAF_CHECK(foreign.code == cerk::errc::store_unusable);
  CAF_CHECK(foreign.what.find("is a SQLite file, but not a cerk store") != std::string::npos);
  const auto newer = changed_at(60);
  CAF_CHECK(newer.code == cerk::errc::store_unusable);
  CAF_CHECK(newer.what.find("has store format") != std::string::npos);
}

CAF_TEST(an_import_is_whole_or_absent) {
  const folder home;
  cerk::sqlite_provider store{{.path = home.file()}};
  const std::string value = R"({"id":"ada","type":"Noted"})";
  const auto event = [&](std::uint64_t number) {
    const auto header = cerk::pack({.term = {50},
                                    .number = number,
                                    .version = {number},
                                    .command_id = cerk::command_id::from_key("same")},
                                   "ada", value);
    return cerk::record{.key = "ada", .value = value, .header = {header.data(), header.size()}};
  };
  const cerk::record claimed{.value = cerk::claim_value({.id = {50}}, 0)};
  const auto imported = store.append_verbatim({0}, {claimed, event(1), event(2)});
  CAF_REQUIRE(!imported); // one command id, twice in effect
  CAF_CHECK(contract::read_all(store, {0}).empty());
  CAF_CHECK(store.append_verbatim({0}, {claimed, event(1)}));
  CAF_CHECK_EQUAL(contract::read_all(store, {0}).size(), 2u);
}

CAF_TEST(an_import_under_an_owner_is_refused) {
  const folder home;
  cerk::sqlite_provider store{{.path = home.file()}};
  contract::claim_all(store, 11, 0);
  const auto imported = store.append_verbatim({0}, {{.key = "ada", .value = "{}"}});
  CAF_REQUIRE(!imported);
  CAF_CHECK(imported.error().code == cerk::errc::fenced);
}

CAF_TEST(more_than_the_queue_holds_is_refused_as_overloaded) {
  const folder home;
  cerk::sqlite_provider store{{.path = home.file(), .queue_commits_max = 2}};
  contract::claim_all(store, 11, 0);
  const auto results
    = contract::append(store, {0}, 11,
                       {contract::make_commit("ada", 0), contract::make_commit("ada", 1),
                        contract::make_commit("ada", 2)});
  CAF_REQUIRE_EQUAL(results.size(), 3u);
  for (const auto& result : results) {
    CAF_CHECK(result.ended == contract::status::refused);
    CAF_CHECK(result.failure.code == cerk::errc::overloaded);
  }
  CAF_CHECK(contract::append_one(store, 11, contract::make_commit("ada", 0)).ended
            == contract::status::committed);
}

CAF_TEST(a_damaged_file_is_refused) {
  const folder home;
  {
    cerk::sqlite_provider store{{.path = home.file()}};
    contract::claim_all(store, 11, 0);
    for (std::uint64_t v = 0; v < 500; ++v)
      contract::append_one(store, 11, contract::make_commit("ada", v));
  }
  const auto size = fs::file_size(home.file());
  std::fstream file{home.file(), std::ios::in | std::ios::out | std::ios::binary};
  for (std::uintmax_t at = 8'192; at + 4'096 < size; at += 4'096) {
    file.seekp(static_cast<std::streamoff>(at));
    file << "damaged page header";
  }
  file.close();
  const auto why = refusal_of({.path = home.file()});
  CAF_CHECK(why.code == cerk::errc::corrupt);
  CAF_CHECK(why.what.find(home.file()) != std::string::npos);
}

CAF_TEST(a_full_file_refuses_cleanly_and_goes_on_when_there_is_room) {
  const folder home;
  std::uint64_t stored = 0;
  {
    cerk::sqlite_provider store{{.path = home.file(), .file_bytes_max = 200'000}};
    contract::claim_all(store, 11, 0);
    contract::commit_result last;
    while (
      (last = contract::append_one(store, 11, contract::make_commit("ada", stored, 1, {}, 1'000)))
        .ended
      == contract::status::committed)
      ++stored;
    CAF_CHECK(last.ended == contract::status::refused);
    CAF_CHECK(last.failure.code == cerk::errc::unavailable);
    CAF_CHECK(last.failure.what.find(home.file()) != std::string::npos);
    // Reading goes on, and so does every later try.
    CAF_CHECK_EQUAL(contract::events_of(store, "ada").size(), stored);
    CAF_CHECK(
      contract::append_one(store, 11, contract::make_commit("ada", stored, 1, {}, 1'000)).ended
      == contract::status::refused);
  }
  cerk::sqlite_provider store{{.path = home.file()}};
  CAF_CHECK_EQUAL(contract::events_of(store, "ada").size(), stored);
  contract::claim_all(store, 12, 11);
  CAF_CHECK(contract::append_one(store, 12, contract::make_commit("ada", stored)).ended
            == contract::status::committed);
}

CAF_TEST(appends_from_many_threads_are_all_answered_and_all_stored) {
  const folder home;
  constexpr int threads = 4;
  constexpr std::uint64_t each = 200;
  {
    cerk::sqlite_provider store{{.path = home.file()}};
    contract::claim_all(store, 11, 0);
    std::atomic<std::uint64_t> committed{0};
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&, t] {
        for (std::uint64_t v = 0; v < each; ++v)
          if (contract::append_one(store, 11, contract::make_commit("a" + std::to_string(t), v))
                .ended
              == contract::status::committed)
            ++committed;
      });
    for (auto& writer : writers)
      writer.join();
    CAF_CHECK_EQUAL(committed.load(), threads * each);
  }
  cerk::sqlite_provider store{{.path = home.file()}};
  std::uint64_t number = 0;
  for (const auto& entry : contract::scan(store, {0})) {
    CAF_CHECK(entry.effective);
    CAF_CHECK_EQUAL(entry.number, number++);
  }
  CAF_CHECK_EQUAL(number, threads * each + 1);
}
