// The life of a connection, phase by phase.
#include "connection.hpp"

#include "answers.hpp"
#include "command_headers.hpp"
#include "framing.hpp"
#include "metrics_page.hpp"
#include "routes.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <spdlog/spdlog.h>

#include <array>
#include <ctime>

namespace writer {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

// Holds a head whole, and is what bodies come through.
constexpr std::size_t buffer_bytes_max = 16 << 10;

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

request_head head_of(const http::request<http::string_body>& request) {
  request_head head{.method = std::string{request.method_string()},
                    .target = std::string{request.target()},
                    .http_version = request.version()};
  for (const auto& field : request)
    head.fields.emplace_back(field.name_string(), field.value());
  return head;
}

} // namespace

template <class Handler>
auto connection::guarded(Handler handler) {
  return [self = shared_from_this(), handler = std::move(handler)](auto&&... arguments) mutable {
    try {
      handler(std::forward<decltype(arguments)>(arguments)...);
    } catch (const std::exception& e) {
      spdlog::error("a connection failed: {}", e.what());
      self->end();
    }
  };
}

connection::connection(std::shared_ptr<house> shared, asio::ip::tcp::socket socket)
  : house_(std::move(shared)), stream_(std::move(socket)), buffer_(buffer_bytes_max) {
}

void connection::start() {
  beast::error_code ignored;
  // Small replies must not wait for the acknowledgement of the one before.
  stream_.socket().set_option(asio::ip::tcp::no_delay{true}, ignored);
  wait_for_request();
}

void connection::refuse(reply why) {
  why.closes = true;
  write(std::move(why));
}

void connection::stop() {
  // Not closed: a request may have been read already, and then it is answered.
  if (phase_ == phase::waiting)
    stream_.cancel();
}

bool connection::is_busy() const noexcept {
  return phase_ == phase::reading || phase_ == phase::answering || phase_ == phase::writing;
}

// -- waiting, reading -----------------------------------------------------------------------------

void connection::wait_for_request() {
  phase_ = phase::waiting;
  if (buffer_.size() > 0)
    return read_head();
  if (house_->is_stopping)
    return linger();
  buffer_.shrink_to_fit();
  stream_.expires_after(house_->limits.idle_timeout);
  stream_.async_read_some(buffer_.prepare(1'024), guarded([this](error_code ec, std::size_t bytes) {
                            if (ec)
                              return end();
                            buffer_.commit(bytes);
                            read_head();
                          }));
}

void connection::read_head() {
  phase_ = phase::reading;
  parser_.emplace();
  parser_->header_limit(house_->limits.header_bytes_max);
  parser_->body_limit(house_->limits.body_bytes_max);
  // One deadline for the whole request, or a byte now and then would hold its place for ever.
  stream_.expires_after(house_->limits.read_timeout);
  http::async_read_header(stream_, buffer_, *parser_,
                          guarded([this](error_code ec, std::size_t) { on_head(ec); }));
}

void connection::on_head(error_code ec) {
  if (ec)
    return on_unreadable(ec);
  // Copied here: trailers of a chunked body would be added to the parser's own fields.
  head_ = head_of(parser_->get());
  if (auto unfit = unfit_framing(head_))
    return write(*std::move(unfit));
  plan_ = find_route(head_.method, head_.target);
  if (*plan_ && std::holds_alternative<post_command>(**plan_)) {
    auto options = read_command_headers(head_);
    if (options)
      command_options_ = *std::move(options);
    else
      plan_ = std::move(options).error();
  }
  const auto expectations = head_.values_of("Expect");
  if (expectations.empty() || head_.http_version < 11)
    return read_body();
  if (expectations.size() > 1 || !equal_ignoring_case(expectations[0], "100-continue"))
    return write(closing_problem(417, "the only expectation is 100-continue"));
  if (!*plan_) {
    // The client waits for leave to send the body; it may still send it, so this is the last reply.
    auto refusal = plan_->error();
    refusal.closes = true;
    return write(std::move(refusal));
  }
  if (parser_->is_done() || buffer_.size() > 0)
    return read_body();
  invite_body();
}

void connection::invite_body() {
  interim_ = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(stream_, asio::buffer(interim_), guarded([this](error_code ec, std::size_t) {
                      if (ec)
                        return end();
                      read_body();
                    }));
}

void connection::read_body() {
  if (parser_->is_done())
    return answer();
  http::async_read(stream_, buffer_, *parser_, guarded([this](error_code ec, std::size_t) {
                     if (ec)
                       return on_unreadable(ec);
                     answer();
                   }));
}

// What is not HTTP gets an answer where one can still be given; where the request ends is unknown.
void connection::on_unreadable(error_code ec) {
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return write(closing_problem(431, "the head of a request has at most "
                                        + std::to_string(house_->limits.header_bytes_max)
                                        + " bytes"));
  if (ec == http::error::body_limit)
    return write(closing_problem(413, "the body of a request has at most "
                                        + std::to_string(house_->limits.body_bytes_max)
                                        + " bytes"));
  static const auto& parse_errors = make_error_code(http::error::bad_method).category();
  if (ec.category() == parse_errors && ec != http::error::end_of_stream
      && ec != http::error::partial_message)
    return write(closing_problem(400, "this is not HTTP/1.1: " + ec.message()));
  end();
}

// -- answering ------------------------------------------------------------------------------------

void connection::answer() {
  phase_ = phase::answering;
  // Answering has its own bound, the command's timeout.
  stream_.expires_never();
  if (!*plan_)
    return write(plan_->error());
  try {
    std::visit([this](const auto& wanted) { perform(wanted); }, **plan_);
  } catch (const std::exception& e) {
    spdlog::error("{} {}: {}", head_.method, head_.target, e.what());
    write(problem(500, "an internal error"));
  }
}

template <class Result, class Render>
std::function<void(Result)> connection::answer_with(Render render) {
  return [weak = weak_from_this(), executor = stream_.get_executor(),
          render = std::move(render)](Result result) {
    asio::post(executor, [weak, render, result = std::move(result)] {
      if (const auto self = weak.lock())
        self->guarded([&] { self->write(render(result)); })();
    });
  };
}

void connection::perform(const post_command& wanted) {
  if (house_->repository == nullptr)
    return write(not_open_yet());
  command_options_.strict = wanted.strict;
  auto command = house_->repository->parse(parser_->get().body(), std::move(command_options_));
  if (!command)
    return write(reply_to(command.error()));
  house_->repository->send(*std::move(command), answer_with<cerk::outcome>([](const auto& outcome) {
    return reply_to(outcome);
  }));
}

void connection::perform(const get_aggregate& wanted) {
  if (house_->repository == nullptr)
    return write(not_open_yet());
  house_->repository->get(wanted.id,
                          answer_with<cerk::result<cerk::json_snapshot>>(
                            [](const auto& found) { return reply_to(found); }),
                          {.strict = wanted.strict});
}

void connection::perform(const get_events& wanted) {
  if (house_->repository == nullptr)
    return write(not_open_yet());
  house_->repository->events(wanted.id, {wanted.after}, wanted.limit + 1,
                             answer_with<cerk::result<std::vector<cerk::stored_event>>>(
                               [wanted](const auto& found) { return reply_to(wanted, found); }));
}

void connection::perform(const get_health&) {
  write(alive());
}

void connection::perform(const get_readiness&) {
  readiness now{.store_is_open = house_->repository != nullptr, .is_stopping = house_->is_stopping};
  if (now.store_is_open)
    now.partitions = house_->repository->progress();
  write(reply_to(now));
}

void connection::perform(const get_metrics&) {
  cerk::repository_metrics counts;
  std::vector<cerk::restore_progress> partitions;
  if (house_->repository != nullptr) {
    counts = house_->repository->metrics();
    partitions = house_->repository->progress();
  }
  house_->metrics.connections = house_->connections.size();
  write({.content_type = "text/plain; version=0.0.4; charset=utf-8",
         .body = metrics_page(counts, partitions, house_->metrics)});
}

// -- writing --------------------------------------------------------------------------------------

void connection::write(reply r) {
  phase_ = phase::writing;
  ++house_->metrics.requests_by_status[r.status];
  const bool keeps_alive = !r.closes && !house_->is_stopping && parser_
                           && parser_->get().keep_alive();
  auto& made = response_.emplace(static_cast<http::status>(r.status), 11);
  made.reason(beast::string_view{title_of(r.status).data(), title_of(r.status).size()});
  made.set(http::field::date, http_date());
  made.set(http::field::content_type, r.content_type);
  for (const auto& [name, value] : r.fields)
    made.set(name, value);
  made.content_length(r.body.size());
  if (head_.method != "HEAD")
    made.body() = std::move(r.body);
  made.version(parser_ ? std::max(parser_->get().version(), 10U) : 11);
  made.keep_alive(keeps_alive);
  stream_.expires_after(house_->limits.write_timeout);
  http::async_write(stream_, made, guarded([this](error_code ec, std::size_t) { on_written(ec); }));
}

void connection::on_written(error_code ec) {
  if (ec)
    return end();
  const bool goes_on = response_->keep_alive();
  response_.reset();
  parser_.reset();
  head_ = {};
  command_options_ = {};
  if (goes_on)
    wait_for_request();
  else
    linger();
}

void connection::linger() {
  phase_ = phase::lingering;
  error_code ec;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  if (ec)
    return end();
  stream_.expires_after(house_->limits.linger_timeout);
  drop_input();
}

void connection::drop_input() {
  buffer_.clear();
  stream_.async_read_some(buffer_.prepare(buffer_bytes_max),
                          guarded([this](error_code ec, std::size_t bytes) {
                            lingered_bytes_ += bytes;
                            if (ec || lingered_bytes_ > house_->limits.linger_bytes_max)
                              return end();
                            drop_input();
                          }));
}

void connection::end() {
  phase_ = phase::over;
  stream_.close();
  house_->connections.erase(this);
}

} // namespace writer
