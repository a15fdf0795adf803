// Which librdkafka properties a user may set, and where a value comes from that is a secret.
#include "cerk/kafka_provider.hpp"

#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>

namespace cerk {

std::string_view kafka_key_refusal(std::string_view key) noexcept {
  struct owned {
    std::string_view key;
    std::string_view why;
  };
  static constexpr std::string_view exactly_once = "an owner's records must land once and in order";
  static constexpr std::string_view place = "cerk reads by offset and joins no group";
  static constexpr std::array keys{
    owned{"bootstrap.servers", "the brokers have a setting of their own"},
    owned{"metadata.broker.list", "the brokers have a setting of their own"},
    owned{"enable.idempotence", exactly_once},
    owned{"enable.gapless.guarantee", exactly_once},
    owned{"acks", exactly_once},
    owned{"request.required.acks", exactly_once},
    owned{"transactional.id", "claims fence, not transactions"},
    owned{"delivery.report.only.error", "every record's offset is needed"},
    owned{"message.timeout.ms", "delivery_timeout sets it"},
    owned{"delivery.timeout.ms", "delivery_timeout sets it"},
    owned{"socket.nagle.disable", "a lone command must not wait"},
    owned{"linger.ms", "cerk batches by itself"},
    owned{"queue.buffering.max.ms", "cerk batches by itself"},
    owned{"queue.buffering.max.messages", "cerk's own bounds come first"},
    owned{"queue.buffering.max.kbytes", "cerk's own bounds come first"},
    owned{"partitioner", "the partition is part of the record format"},
    owned{"group.id", place},
    owned{"group.instance.id", place},
    owned{"enable.auto.commit", place},
    owned{"enable.auto.offset.store", place},
    owned{"auto.offset.reset", "truncated history must be an error"},
    owned{"enable.partition.eof", "a restore has to see the end"},
    owned{"isolation.level", "what takes effect is decided by claims"},
    owned{"allow.auto.create.topics", "a topic made by accident has the wrong settings"},
    owned{"log.queue", "cerk takes the log lines"},
  };
  for (const auto& [name, why] : keys)
    if (name == key)
      return why;
  return {};
}

namespace {

constexpr std::string_view from_file = "@file:";
constexpr std::string_view from_environment = "@env:";
constexpr std::size_t value_bytes_max = 64 << 10;

// The whole file, for a PEM has many lines; but not the newline that every editor adds.
std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::string text(value_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  // At its end a read fails, too, as it is to.
  if (!file.eof() || file.bad())
    return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.ends_with('\n'))
    text.pop_back();
  if (text.ends_with('\r'))
    text.pop_back();
  return text;
}

} // namespace

result<kafka_property> make_kafka_property(std::string_view key, std::string_view value) {
  const std::string name{key};
  const auto wrong
    = [&](const std::string& why) { return error{errc::bad_input, name + ": " + why}; };
  if (const auto why = kafka_key_refusal(key); !why.empty())
    return wrong("cannot be set: " + std::string{why});
  if (!value.starts_with('@'))
    return kafka_property{name, value};
  if (value.starts_with("@@"))
    return kafka_property{name, value.substr(1)};
  if (value.starts_with(from_file)) {
    const std::string path{value.substr(from_file.size())};
    auto text = content_of(path);
    if (!text)
      return wrong("the file " + path + " cannot be read or has more than "
                   + std::to_string(value_bytes_max >> 10) + " KiB");
    if (text->empty())
      return wrong("the file " + path + " is empty");
    return kafka_property{name, *std::move(text)};
  }
  if (value.starts_with(from_environment)) {
    const std::string variable{value.substr(from_environment.size())};
    const char* text = std::getenv(variable.c_str());
    if (text == nullptr || *text == '\0')
      return wrong("the environment has no " + variable + ", or an empty one");
    return kafka_property{name, text};
  }
  // Not the value, which may be a secret that begins so.
  return wrong("its value begins with @ and is neither @file:PATH nor @env:NAME; write @@ "
               "for a first @ of its own");
}

result<kafka_property> parse_kafka_property(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos)
    return error{errc::bad_input, "expected key=value"}; // the text may be a secret
  return make_kafka_property(text.substr(0, equals), text.substr(equals + 1));
}

} // namespace cerk
