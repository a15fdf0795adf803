// Claims and keys of another number of partitions, or another partitioner.
#define CAF_SUITE placement

#include "cerk/placement.hpp"

#include "caf/test/unit_test.hpp"

using namespace cerk;

namespace {

const provider_info four{.name = "log", .partition_count = 4};

std::string why(const provider_info& info, const claim& read) {
  const auto found = misplaced(info, {0}, {7}, read);
  return found ? found->what : "";
}

std::string why(const provider_info& info, partition_id partition, std::string_view id) {
  const auto found = misplaced(info, partition, {7}, id);
  return found ? found->what : "";
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

CAF_TEST(what_belongs_here_is_no_error) {
  CAF_CHECK_EQUAL(why(four, {.id = {1}, .partition_count = 4}), "");
  CAF_CHECK_EQUAL(why(four, partition_of("ada", 4), "ada"), "");
}

CAF_TEST(a_claim_of_another_store_is_told_with_what_mends_it) {
  const auto count = why(four, {.id = {1}, .partition_count = 2});
  CAF_CHECK(contains(count, "log: partition 0, offset 7: claimed for 2 partitions by crc32, but "
                            "opened with 4 partitions by crc32"));
  CAF_CHECK(contains(count, "import it into a store with 2"));
  const auto partitioner = why(four, {.id = {1}, .partition_count = 4, .partitioner = "murmur2"});
  CAF_CHECK(contains(partitioner, "set the partitioner (--partitioner) to murmur2"));
  CAF_CHECK(
    contains(why(four, {.id = {1}, .partition_count = 4, .partitioner = "other"}), "other"));
}

CAF_TEST(in_one_partition_every_partitioner_is_right) {
  const provider_info one{.name = "file", .partition_count = 1};
  CAF_CHECK_EQUAL(why(one, {.id = {1}, .partition_count = 1, .partitioner = "murmur2"}), "");
  CAF_CHECK_EQUAL(why(one, {0}, "any"), "");
}

CAF_TEST(a_key_elsewhere_is_told_with_its_home) {
  // "ada" is in partition 52 of 100 by crc32.
  provider_info info{.name = "log", .partition_count = 100};
  const auto by_nobody = partition_id{99};
  CAF_REQUIRE(partition_of("ada", 100, partitioner::murmur2) != by_nobody);
  const auto elsewhere = why(info, by_nobody, "ada");
  CAF_CHECK(
    contains(elsewhere, "the key 'ada' belongs in partition 52 of 100 partitions by crc32"));
  CAF_CHECK(contains(elsewhere, "export the log"));
  const auto by_java = partition_of("ada", 100, partitioner::murmur2);
  CAF_CHECK(contains(why(info, by_java, "ada"), "set the partitioner (--partitioner) to murmur2"));
  CAF_CHECK(contains(why(info, by_nobody, std::string(1'000, 'x')),
                     '\'' + std::string(aggregate_id_bytes_max, 'x') + '\''));
  info.partitioner = partitioner::murmur2;
  CAF_CHECK_EQUAL(why(info, by_java, "ada"), "");
  CAF_CHECK(contains(why(info, {52}, "ada"), "set the partitioner (--partitioner) to crc32"));
}

// From Kafka's own tests of its default partitioner (UtilsTest.testMurmur2).
CAF_TEST(murmur2_is_that_of_java_s_clients) {
  const auto positive = [](std::int32_t hash) { return hash & 0x7fffffff; };
  const std::pair<std::string_view, std::int32_t> known[] = {
    {"21", -973932308},
    {"foobar", -790332482},
    {"a-little-bit-long-string", -985981536},
    {"a-little-bit-longer-string", -1486304829},
    {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
    {"abc", 479470107},
  };
  for (const auto& [key, hash] : known)
    CAF_CHECK_EQUAL(partition_of(key, 0x7fffffff, partitioner::murmur2).value,
                    positive(hash) % 0x7fffffff);
}
