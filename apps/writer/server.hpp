/// Listens, takes connections up to a bound, and lets them finish when the service stops.
#pragma once

#include <cerk/error.hpp>

#include "house.hpp"
#include "settings.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>

namespace writer {

/// Thread: the io_context's one thread, except where it says otherwise.
class server {
public:
  server(boost::asio::io_context& io, std::size_t connections_max);
  /// After the io_context's last handler.
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds the address and begins to take connections: until `serve` it answers that it restores.
  /// Before the io_context runs. Errors: `bad_input`, when the address cannot be had.
  cerk::result<boost::asio::ip::tcp::endpoint> listen(const std::string& host, std::uint16_t port);

  /// From now on requests go to `repository`, which must outlive the io_context's last handler.
  /// Thread: any.
  void serve(const cerk::repository& repository);

  /// Takes no more connections and closes those without a request. Requests that have begun are
  /// still answered.
  void stop();

  /// Requests that have begun and have no reply yet.
  std::size_t busy() const;

private:
  void accept();
  void on_accept(boost::system::error_code ec, boost::asio::ip::tcp::socket socket);

  boost::asio::io_context& io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_again_;
  std::shared_ptr<house> house_;
};

/// "127.0.0.1:4000", "[::1]:4000"
std::string to_string(const boost::asio::ip::tcp::endpoint& address);

} // namespace writer
