// Stores that cannot be used, or not any more: said clearly, with nothing promised and nothing
// lost.
#define CAF_SUITE writer_store

#include "writer_process.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <set>

#include "caf/test/unit_test.hpp"

using namespace system_test;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What one client was promised: receipts by user; and of which nobody can know.
struct promises {
  std::map<std::string, std::string> receipts;
  std::set<std::string> unknown;
  int next = 0;

  std::string body(int number) const {
    return create_body("user-" + std::to_string(number), std::string(20'000, 'x'), "B");
  }

  // Creates one more user; the status.
  answer create(http_client& client) {
    const auto number = next++;
    auto got = client.post(body(number), {{"Idempotency-Key", "key-" + std::to_string(number)}});
    if (got.status == 200)
      receipts.emplace("user-" + std::to_string(number), got.body);
    if (got.status == 504)
      unknown.insert("user-" + std::to_string(number));
    return got;
  }

  // Each promised user is there with its one event; every other was never made, or may have been.
  void check(http_client& client) const {
    for (int number = 0; number < next; ++number) {
      const auto id = "user-" + std::to_string(number);
      const auto events = all_events(client, id);
      const auto promised = receipts.find(id);
      if (unknown.contains(id))
        CAF_CHECK_LESS_OR_EQUAL(events.size(), 1u);
      else
        CAF_CHECK_EQUAL(events.size(), promised != receipts.end() ? 1u : 0u);
      if (promised == receipts.end())
        continue;
      const auto again
        = client.post(body(number), {{"Idempotency-Key", "key-" + std::to_string(number)}});
      CAF_CHECK_EQUAL(again.body, promised->second);
    }
  }
};

struct fixture {
  void check_refused_at_start(const std::vector<std::string>& says, process_options options = {}) {
    writer_process service{directory, store, {}, std::move(options)};
    CAF_CHECK_EQUAL(service.wait(), 1);
    CAF_MESSAGE(service.log());
    for (const auto& part : says)
      CAF_CHECK(contains(service.log(), part));
    CAF_CHECK(!std::filesystem::exists(directory / "port"));
  }

  // A store with some users in it, closed well.
  void fill(int users) {
    writer_process service{directory, store};
    CAF_REQUIRE(service.wait_until_ready());
    auto client = service.client();
    for (int i = 0; i < users; ++i)
      CAF_CHECK_EQUAL(kept.create(client).status, 200u);
    CAF_CHECK_EQUAL(service.stop(), 0);
  }

  temporary_directory directory;
  std::string file = directory / "u.db";
  std::string store = "sqlite:" + file;
  promises kept;
};

} // namespace

CAF_TEST_FIXTURE_SCOPE(writer_store, fixture)

CAF_TEST(a_second_process_on_the_same_file_is_refused) {
  writer_process first{directory, store};
  CAF_REQUIRE(first.wait_until_ready());
  auto client = first.client();
  CAF_CHECK_EQUAL(kept.create(client).status, 200u);
  std::filesystem::rename(directory / "port", directory / "port-of-first");
  check_refused_at_start({file, "in use by another process"});
  CAF_CHECK_EQUAL(kept.create(client).status, 200u);
  kept.check(client);
}

CAF_TEST(a_second_process_with_the_same_address_too_hears_of_the_file) {
  writer_process first{directory, store};
  CAF_REQUIRE(first.wait_until_ready());
  const auto address = content_of(directory / "port");
  process second{{CERK_WRITER, "--store", store, "--listen", address.substr(0, address.size() - 1)},
                 {.stderr_file = directory / "err"}};
  CAF_CHECK_EQUAL(second.wait().value_or(exit_status{}).code, 1);
  CAF_CHECK(contains(content_of(directory / "err"), file));
  process third{{CERK_WRITER, "--store", "memory:", "--listen",
                 address.substr(0, address.size() - 1)},
                {.stderr_file = directory / "err"}};
  CAF_CHECK_EQUAL(third.wait().value_or(exit_status{}).code, 1);
  CAF_CHECK(contains(content_of(directory / "err"), "cannot listen on"));
}

CAF_TEST(a_read_only_file_is_refused_at_start_and_is_not_touched) {
  fill(3);
  const auto before = content_of(file);
  std::filesystem::permissions(file, std::filesystem::perms{0444});
  process_options options;
  if (geteuid() == 0) {
    // Permissions do not bind root, so somebody else has to try.
    CAF_MESSAGE("runs as user 65534");
    options.user = 65'534;
  } else {
    std::filesystem::permissions(directory / ".", std::filesystem::perms{0555});
  }
  check_refused_at_start({file, "cannot be written"}, options);
  std::filesystem::permissions(directory / ".", std::filesystem::perms{0755});
  CAF_CHECK(content_of(file) == before);
}

CAF_TEST(a_damaged_file_is_refused_at_start) {
  fill(100);
  const auto size = std::filesystem::file_size(file);
  {
    std::fstream damaged{file, std::ios::in | std::ios::out | std::ios::binary};
    damaged.seekp(static_cast<std::streamoff>(size / 2 / 4'096 * 4'096));
    damaged << std::string(8'192, '\x5a');
  }
  check_refused_at_start({file, "is damaged"});
}

CAF_TEST(a_file_that_is_no_store_is_refused_at_start) {
  std::ofstream{file} << std::string(10'000, 'x');
  check_refused_at_start({file, "is no SQLite file"});
}

CAF_TEST(a_place_where_no_file_can_be_is_refused_at_start) {
  store = "sqlite:" + directory / "none/u.db";
  check_refused_at_start({"none/u.db", "cannot be opened"});
}

CAF_TEST(a_store_that_cannot_be_restored_and_claimed_ends_the_service) {
  fill(3);
  // Room for the service's own log, and for no page of the store.
  writer_process service{directory, store, {}, {.file_bytes_max = 3'000}};
  CAF_CHECK_EQUAL(service.wait(), 1);
  CAF_MESSAGE(service.log());
  CAF_CHECK(contains(service.log(), "critical"));
  CAF_CHECK(contains(service.log(), file));
}

CAF_TEST(a_full_disk_is_told_and_nothing_promised_is_lost) {
  // Only this process and its children see the mount, and it ends with them.
  const std::string disk = directory / "disk";
  std::filesystem::create_directory(disk);
  if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
      || mount("cerk-test", disk.c_str(), "tmpfs", 0, "size=2m") != 0) {
    CAF_MESSAGE("skipped: a small disk cannot be mounted here: " << std::strerror(errno));
    return;
  }
  const std::string ballast = disk + "/ballast";
  std::ofstream{ballast} << std::string(800'000, 'x');
  store = "sqlite:" + disk + "/u.db";
  {
    writer_process service{directory, store};
    CAF_REQUIRE(service.wait_until_ready());
    auto client = service.client();
    answer got;
    do
      got = kept.create(client);
    while (got.status == 200 && kept.next < 1'000);
    CAF_CHECK_EQUAL(got.status, 503u);
    CAF_CHECK(!got.field("Retry-After").empty());
    CAF_CHECK_EQUAL(got.json()["code"], "unavailable");
    CAF_CHECK(contains(got.json()["detail"], "full"));
    CAF_CHECK_GREATER(kept.receipts.size(), 3u);
    // Reading goes on, and so does writing once there is room.
    CAF_CHECK_EQUAL(client.get("/aggregates/user-0").status, 200u);
    CAF_CHECK_EQUAL(kept.create(client).status, 503u);
    std::filesystem::remove(ballast);
    CAF_CHECK_EQUAL(kept.create(client).status, 200u);
    service.kill();
  }
  {
    writer_process service{directory, store};
    CAF_REQUIRE(service.wait_until_ready());
    auto client = service.client();
    kept.check(client);
    CAF_CHECK_EQUAL(service.stop(), 0);
  }
  umount(disk.c_str());
}

CAF_TEST(a_disk_that_fails_is_told_and_nothing_promised_is_lost) {
  // The bound on a file's size is an I/O error to the store, not a full disk: it stops for good.
  fill(3);
  {
    writer_process service{directory, store, {}, {.file_bytes_max = 1'000'000}};
    CAF_REQUIRE(service.wait_until_ready());
    auto client = service.client();
    answer got;
    do
      got = kept.create(client);
    while (got.status == 200 && kept.next < 1'000);
    CAF_MESSAGE(got.body);
    // Whether the last one is on the disk is not known if its sync failed: then it is 504.
    CAF_CHECK(got.status == 503 || got.status == 504);
    CAF_CHECK(contains(got.json()["detail"], file));
    CAF_CHECK_EQUAL(kept.create(client).status, 503u);
    // What was committed can still be read.
    CAF_CHECK_EQUAL(client.get("/aggregates/user-0").status, 200u);
    CAF_CHECK_EQUAL(client.get("/aggregates/user-0/events").status, 200u);
    CAF_CHECK_EQUAL(client.get("/healthz").status, 200u);
    CAF_CHECK_EQUAL(client.get("/readyz").status, 503u);
    CAF_CHECK_EQUAL(service.stop(), 0);
  }
  writer_process service{directory, store};
  CAF_REQUIRE(service.wait_until_ready());
  auto client = service.client();
  kept.check(client);
}

CAF_TEST_FIXTURE_SCOPE_END()
