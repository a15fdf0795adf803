/// A running cerk-writer on a free port.
#pragma once

#include "http_client.hpp"
#include "process.hpp"

#include <memory>
#include <string>
#include <vector>

namespace system_test {

inline std::string create_body(const std::string& id, const std::string& first,
                               const std::string& last) {
  return nlohmann::json{
    {"type", "CreateUserCommand"}, {"id", id}, {"first_name", first}, {"last_name", last}}
    .dump();
}

inline std::string update_body(const std::string& id, const std::string& first,
                               const std::string& last) {
  return nlohmann::json{
    {"type", "UpdateUserCommand"}, {"id", id}, {"first_name", first}, {"last_name", last}}
    .dump();
}

/// Starts on construction; `wait_until_ready` before use. Its log and port file lie in `directory`.
class writer_process {
public:
  writer_process(const temporary_directory& directory, const std::string& store,
                 std::vector<std::string> flags = {}, process_options options = {})
    : log_file_(directory / "log"), port_file_(directory / "port") {
    std::filesystem::remove(port_file_);
    std::filesystem::remove(log_file_);
    std::vector<std::string> arguments{CERK_WRITER,   "--store",     store,     "--listen",
                                       "127.0.0.1:0", "--port-file", port_file_};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    options.stderr_file = log_file_;
    process_ = std::make_unique<process>(std::move(arguments), options);
  }

  /// False if it ended or does not serve within a time that is long enough.
  bool wait_until_ready() {
    const bool is_listening
      = comes_true([&] { return !process_->is_running() || std::filesystem::exists(port_file_); });
    if (!is_listening || !process_->is_running())
      return false;
    address_ = content_of(port_file_);
    address_.pop_back(); // its line ends
    return comes_true([&] { return client().get("/readyz").status == 200; });
  }

  /// HOST:PORT, once it is ready.
  const std::string& address() const {
    return address_;
  }

  http_client client() const {
    return http_client{address_};
  }

  void signal(int number) const {
    process_->signal(number);
  }

  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
  }

  /// Stops it as an operator would; its exit code.
  int stop() {
    process_->signal(SIGTERM);
    return wait();
  }

  /// Its exit code; -1 if a signal ended it or nothing did.
  int wait() {
    const auto ended = process_->wait();
    return ended ? ended->code : -1;
  }

  std::string log() const {
    return content_of(log_file_);
  }

private:
  std::string log_file_;
  std::string port_file_;
  std::string address_;
  std::unique_ptr<process> process_;
};

/// Every event of an aggregate, page by page.
inline std::vector<nlohmann::json> all_events(http_client& client, const std::string& id) {
  std::vector<nlohmann::json> events;
  std::string after = "0";
  for (;;) {
    const auto page = client.get("/aggregates/" + id + "/events?after=" + after);
    if (page.status != 200)
      return events;
    auto json = nlohmann::json::parse(page.body);
    for (auto& event : json["events"])
      events.push_back(std::move(event));
    if (!json.contains("next"))
      return events;
    after = std::to_string(json["next"].get<std::uint64_t>());
  }
}

/// The value of a metric without labels.
inline double metric(http_client& client, const std::string& name) {
  const auto page = client.get("/metrics").body;
  const auto at = page.find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(page.substr(at + name.size() + 2));
}

} // namespace system_test
