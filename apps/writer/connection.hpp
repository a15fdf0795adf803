/// One client's connection: requests one after the other, each read, answered, and then the next.
#pragma once

#include "house.hpp"
#include "reply.hpp"
#include "request.hpp"
#include "routes.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

namespace writer {

/// Phases: waiting -> reading -> answering -> writing -> waiting again, or lingering -> over.
///
/// Pipelined requests are answered in order because the next one is only read when the last has its
/// answer. No thread waits: a command's or query's callback posts the reply to the connection.
/// Ownership: `house::connections`, until `end`.
/// Thread: the one that runs the io_context, except for callbacks, which only post.
class connection : public std::enable_shared_from_this<connection> {
public:
  connection(std::shared_ptr<house> shared, boost::asio::ip::tcp::socket socket);

  /// Begins to wait for the first request.
  void start();

  /// Writes a reply without any request, then closes.
  void refuse(reply why);

  /// Closes at once if no request has begun; else its reply says that the connection closes.
  void stop();

  /// A request has begun whose reply is not written yet.
  bool is_busy() const noexcept;

private:
  enum class phase { waiting, reading, answering, writing, lingering, over };
  using error_code = boost::beast::error_code;
  using response = boost::beast::http::response<boost::beast::http::string_body>;

  // -- waiting, reading --
  void wait_for_request();
  void read_head();
  void on_head(error_code ec);
  void invite_body();
  void read_body();
  void on_unreadable(error_code ec);

  // -- answering --
  void answer();
  void perform(const post_command& wanted);
  void perform(const get_aggregate& wanted);
  void perform(const get_events& wanted);
  void perform(const get_health&);
  void perform(const get_readiness&);
  void perform(const get_metrics&);

  /// A function to call from any thread, once, with whatever `reply_to` takes.
  template <class Result, class Render>
  std::function<void(Result)> answer_with(Render render);

  // -- writing --
  void write(reply r);
  void on_written(error_code ec);
  void linger();
  void drop_input();
  void end();

  /// Runs a handler; what it throws costs this connection and nothing else.
  template <class Handler>
  auto guarded(Handler handler);

  std::shared_ptr<house> house_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  phase phase_ = phase::waiting;
  std::size_t lingered_bytes_ = 0;

  /// Of the present request.
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  request_head head_;
  /// What it asks for, or why it is refused, known before its body is read.
  std::optional<or_reply<route>> plan_;
  cerk::send_options command_options_;
  std::string interim_;
  std::optional<response> response_;
};

} // namespace writer
