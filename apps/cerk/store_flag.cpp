// Stores by name.
#include "store_flag.hpp"

#include "cerk/sqlite_provider.hpp"

#include "exit_code.hpp"

#include <filesystem>
#include <utility>

namespace cerk::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view sqlite = "sqlite:";
constexpr std::string_view kafka = "kafka:";

} // namespace

void store_flag::refuse(const std::string& why) const {
  throw stop{exit_code::usage, "--store " + flags_.store + ": " + why};
}

store_flag::store_flag(store_flags flags) : flags_(std::move(flags)) {
  const std::string& text = flags_.store;
  if (text.starts_with("memory:"))
    refuse("a store in memory begins empty and ends with the command; name a file: sqlite:PATH");
  is_topic_ = text.starts_with(kafka);
  if (!is_topic_ && !text.starts_with(sqlite))
    refuse("a store is named sqlite:PATH or kafka:TOPIC");
  place_ = text.substr((is_topic_ ? kafka : sqlite).size());
  if (is_topic_) {
    if (place_.empty())
      refuse("kafka: needs the name of a topic");
    if (flags_.brokers.empty())
      refuse("a topic needs its brokers: -b HOST:PORT");
    if (flags_.create_topic != flags_.partitions.has_value()
        || flags_.create_topic != flags_.replication.has_value())
      refuse("--create-topic, --partitions and --replication belong together");
    if (const auto known = parse_partitioner(flags_.partitioner))
      partitioner_ = *known;
    else
      throw stop{exit_code::usage,
                 "--partitioner " + flags_.partitioner + ": there are crc32 and murmur2"};
    static_cast<void>(topic_options()); // for what is wrong with it
    return;
  }
  if (place_.empty() || place_ == ":memory:")
    refuse("sqlite: needs the path of a file");
  if (!flags_.brokers.empty() || !flags_.properties.empty() || flags_.create_topic
      || !flags_.allowed_risks.empty() || flags_.partitions || flags_.replication
      || flags_.partitioner != store_flags{}.partitioner)
    refuse("-b, -X, --create-topic, --partitions, --replication, --partitioner and "
           "--allow-unsafe-topic are for kafka:TOPIC");
}

std::vector<kafka_property> store_flag::properties() const {
  std::vector<kafka_property> all;
  for (const auto& text : flags_.properties) {
    auto read = parse_kafka_property(text);
    if (!read)
      throw stop{exit_code::usage, "-X: " + read.error().what};
    all.push_back(*std::move(read));
  }
  return all;
}

bool store_flag::exists() const {
  if (is_topic_) {
    if (!flags_.create_topic)
      return true; // opening tells
    try {
      open_existing();
      return true;
    } catch (const failure_exception& e) {
      if (e.reason().code != errc::store_unusable)
        throw;
      return false;
    }
  }
  std::error_code ignored;
  // SQLite takes an empty file for a database yet to be made.
  return fs::exists(place_, ignored)
         && !(fs::is_regular_file(place_, ignored) && fs::file_size(place_, ignored) == 0);
}

kafka_options store_flag::topic_options() const {
  kafka_options options{.brokers = flags_.brokers,
                        .topic = place_,
                        .settings = properties(),
                        .partitioner = partitioner_};
  for (const auto& text : flags_.allowed_risks)
    if (const auto risk = parse_topic_risk(text))
      options.allowed_risks.push_back(*risk);
    else
      throw stop{exit_code::usage, "--allow-unsafe-topic " + text
                                     + ": there are compaction, retention, deleted, placement and "
                                       "message-size"};
  return options;
}

std::vector<topic_finding> store_flag::inspect() const {
  if (!is_topic_)
    return {};
  return inspect_kafka_topic(topic_options()).value();
}

std::unique_ptr<provider> store_flag::open_to_look() const {
  if (!is_topic_)
    return open_existing();
  auto options = topic_options();
  using enum topic_risk;
  options.allowed_risks = {compaction, retention, deleted, placement, message_size};
  options.on_log = [](std::string_view) {}; // `inspect` has told
  return std::make_unique<kafka_provider>(std::move(options));
}

std::unique_ptr<provider> store_flag::open_existing() const {
  if (is_topic_)
    return std::make_unique<kafka_provider>(topic_options());
  if (!exists())
    throw stop{exit_code::failed, flags_.store + " does not exist"};
  return std::make_unique<sqlite_provider>(sqlite_options{.path = place_});
}

std::unique_ptr<provider> store_flag::open_or_make() const {
  if (!is_topic_)
    return std::make_unique<sqlite_provider>(sqlite_options{.path = place_});
  if (flags_.create_topic)
    create_kafka_topic(topic_options(), *flags_.partitions, *flags_.replication).value();
  return open_existing();
}

} // namespace cerk::cli
