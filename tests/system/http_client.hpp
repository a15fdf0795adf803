/// A small HTTP client that waits for each answer, and can also send what no client should.
#pragma once

#include "json_copy.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace system_test {

using fields = std::vector<std::pair<std::string, std::string>>;

/// What the service answered.
struct answer {
  unsigned status = 0;
  fields head{};
  std::string body{};

  /// The value of a field; empty without it.
  std::string field(std::string_view name) const;

  json_copy json() const {
    return nlohmann::json::parse(body);
  }
};

/// The connection ended, or 20 seconds passed, before the answer was there.
struct connection_lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// One connection. Throws `connection_lost`.
class http_client {
public:
  /// `address`: HOST:PORT with a numeric host.
  explicit http_client(const std::string& address);
  ~http_client();
  http_client(http_client&&) noexcept;

  answer get(const std::string& target);
  /// A command: `POST /` with JSON.
  answer post(const std::string& body, const fields& head = {});
  answer send(const std::string& method, const std::string& target, const fields& head = {},
              const std::string& body = {});

  /// Sends bytes as they are.
  void write(std::string_view bytes);
  /// The next answer; `to_head`: it has no body whatever its length says.
  answer read(bool to_head = false);
  /// Whether the service closes the connection, with nothing more said.
  bool is_closed_by_service();

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace system_test
