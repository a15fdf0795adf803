// Binding, accepting, refusing, stopping.
#include "server.hpp"

#include "connection.hpp"

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

namespace writer {

namespace asio = boost::asio;
using asio::ip::tcp;

server::server(asio::io_context& io, std::size_t connections_max)
  : io_(io), acceptor_(io), accept_again_(io), house_(std::make_shared<house>()) {
  house_->limits.connections_max = connections_max;
}

server::~server() {
  // Connections share the house, and the house owns the connections.
  house_->connections.clear();
}

cerk::result<tcp::endpoint> server::listen(const std::string& host, std::uint16_t port) {
  const std::string where = host + ":" + std::to_string(port);
  boost::system::error_code ec;
  const auto failed = [&] {
    return cerk::error{cerk::errc::bad_input, "cannot listen on " + where + ": " + ec.message()};
  };
  const auto found
    = tcp::resolver{io_}.resolve(host, std::to_string(port), tcp::resolver::passive, ec);
  if (ec)
    return failed();
  const tcp::endpoint address = found.begin()->endpoint();
  if (acceptor_.open(address.protocol(), ec); ec)
    return failed();
  acceptor_.set_option(tcp::acceptor::reuse_address{true}, ec);
  if (acceptor_.bind(address, ec); ec)
    return failed();
  if (acceptor_.listen(asio::socket_base::max_listen_connections, ec); ec)
    return failed();
  auto actual = acceptor_.local_endpoint(ec);
  if (ec)
    return failed();
  accept();
  return actual;
}

void server::serve(const cerk::repository& repository) {
  asio::post(io_, [shared = house_, &repository] { shared->repository = &repository; });
}

void server::accept() {
  acceptor_.async_accept(
    [this](boost::system::error_code ec, tcp::socket socket) { on_accept(ec, std::move(socket)); });
}

void server::on_accept(boost::system::error_code ec, tcp::socket socket) {
  if (house_->is_stopping)
    return;
  if (ec) {
    // Most likely no file descriptors: trying again at once would only spin.
    spdlog::warn("cannot take a connection: {}", ec.message());
    accept_again_.expires_after(std::chrono::milliseconds{100});
    return accept_again_.async_wait([this](boost::system::error_code cancelled) {
      if (!cancelled)
        accept();
    });
  }
  const bool is_full = house_->connections.size() >= house_->limits.connections_max;
  const auto client = std::make_shared<connection>(house_, std::move(socket));
  house_->connections.emplace(client.get(), client);
  if (is_full) {
    ++house_->metrics.connections_refused;
    auto why = problem(503, "all " + std::to_string(house_->limits.connections_max)
                              + " connections are taken");
    why.fields.emplace_back("Retry-After", "1");
    client->refuse(std::move(why));
  } else {
    client->start();
  }
  accept();
}

void server::stop() {
  house_->is_stopping = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  accept_again_.cancel();
  for (const auto& [raw, client] : house_->connections)
    client->stop();
}

std::size_t server::busy() const {
  return static_cast<std::size_t>(
    std::count_if(house_->connections.begin(), house_->connections.end(),
                  [](const auto& entry) { return entry.second->is_busy(); }));
}

std::string to_string(const tcp::endpoint& address) {
  std::ostringstream text;
  text << address;
  return text.str();
}

} // namespace writer
