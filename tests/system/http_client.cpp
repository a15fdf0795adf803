// Beast behind a waiting interface; every operation has a deadline.
#include "http_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <chrono>

namespace system_test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

std::string answer::field(std::string_view name) const {
  for (const auto& [field, value] : head)
    if (beast::iequals(field, {name.data(), name.size()}))
      return value;
  return {};
}

struct http_client::state {
  asio::io_context io{1};
  beast::tcp_stream stream{io};
  beast::flat_buffer buffer;

  // Runs one asynchronous operation to its end.
  template <class Begin>
  beast::error_code run(Begin begin) {
    beast::error_code ended;
    stream.expires_after(std::chrono::seconds{20});
    begin([&](beast::error_code ec, auto&&...) { ended = ec; });
    io.restart();
    io.run();
    return ended;
  }

  template <class Begin>
  void run_well(const char* what, Begin begin) {
    if (const auto ec = run(begin))
      throw connection_lost(std::string{what} + ": " + ec.message());
  }
};

http_client::http_client(const std::string& address) : state_(std::make_unique<state>()) {
  const auto colon = address.rfind(':');
  const asio::ip::tcp::endpoint service{asio::ip::make_address(address.substr(0, colon)),
                                        static_cast<std::uint16_t>(
                                          std::stoul(address.substr(colon + 1)))};
  state_->run_well("connect", [&](auto done) { state_->stream.async_connect(service, done); });
  state_->stream.socket().set_option(asio::ip::tcp::no_delay{true});
}

http_client::~http_client() = default;
http_client::http_client(http_client&&) noexcept = default;

answer http_client::get(const std::string& target) {
  return send("GET", target);
}

answer http_client::post(const std::string& body, const fields& head) {
  auto all = head;
  all.emplace_back("Content-Type", "application/json");
  return send("POST", "/", all, body);
}

answer http_client::send(const std::string& method, const std::string& target, const fields& head,
                         const std::string& body) {
  std::string request = method + " " + target + " HTTP/1.1\r\nHost: test\r\n";
  for (const auto& [name, value] : head)
    request += name + ": " + value + "\r\n";
  if (method == "POST")
    request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  write(request + "\r\n" + body);
  return read(method == "HEAD");
}

void http_client::write(std::string_view bytes) {
  state_->run_well("write", [&](auto done) {
    asio::async_write(state_->stream, asio::buffer(bytes.data(), bytes.size()), done);
  });
}

answer http_client::read(bool to_head) {
  http::response_parser<http::string_body> parser;
  parser.body_limit(64 << 20);
  parser.skip(to_head);
  state_->run_well("read", [&](auto done) {
    http::async_read(state_->stream, state_->buffer, parser, done);
  });
  answer got{.status = parser.get().result_int(), .body = parser.get().body()};
  for (const auto& field : parser.get())
    got.head.emplace_back(field.name_string(), field.value());
  return got;
}

bool http_client::is_closed_by_service() {
  char byte = 0;
  const auto ec
    = state_->run([&](auto done) { state_->stream.async_read_some(asio::buffer(&byte, 1), done); });
  return ec == asio::error::eof || ec == asio::error::connection_reset;
}

} // namespace system_test
