// Which object lives how long, and in which order they end.
#include "service.hpp"

#include <cerk/kafka_provider.hpp>
#include <cerk/memory_provider.hpp>
#include <cerk/repository.hpp>
#include <cerk/sqlite_provider.hpp>

#include "server.hpp"
#include "users.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <thread>

namespace writer {

namespace asio = boost::asio;

namespace {

using steady = std::chrono::steady_clock;

[[noreturn]] void fail(cerk::errc code, std::string what) {
  throw cerk::failure_exception({code, std::move(what)});
}

// -- the process ----------------------------------------------------------------------------------

void log_to_stderr() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("cerk-writer"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
}

void prepare_process(std::size_t connections_max) {
  // A client, a log or a disk that went away is an error code, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Each connection takes a descriptor; the usual limit of 1,024 is below the default bound.
  constexpr rlim_t others = 64;
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) != 0)
    return;
  const rlim_t wanted = std::min<rlim_t>(connections_max + others, descriptors.rlim_max);
  if (descriptors.rlim_cur < wanted) {
    descriptors.rlim_cur = wanted;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
}

std::string owner_name() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return std::string{host} + ":" + std::to_string(getpid());
}

// Beside it and then renamed, so that whoever finds the file finds all of it.
void write_port_file(const std::string& path, const std::string& address) {
  if (path.empty())
    return;
  const std::string draft = path + "." + std::to_string(getpid());
  std::ofstream file{draft};
  file << address << '\n';
  file.close();
  if (!file || std::rename(draft.c_str(), path.c_str()) != 0) {
    const std::string why = std::strerror(errno);
    std::remove(draft.c_str());
    fail(cerk::errc::bad_input, "cannot write --port-file " + path + ": " + why);
  }
}

// -- the store ------------------------------------------------------------------------------------

std::unique_ptr<cerk::provider> open_topic(const std::string& topic, const kafka_settings& how) {
  const cerk::kafka_options options{
    .brokers = how.brokers,
    .topic = topic,
    .settings = how.properties,
    .partitioner = how.partitioner,
    .allowed_risks = how.allowed_risks,
    .delivery_timeout = how.delivery_timeout,
    .on_log = [](std::string_view line) { spdlog::warn("{}", line); },
  };
  if (how.create_topic
      && cerk::create_kafka_topic(options, how.partitions.value(), how.replication.value()).value())
    spdlog::info("kafka:{}: made, {} partitions, {} copies of each", topic, *how.partitions,
                 *how.replication);
  return std::make_unique<cerk::kafka_provider>(options);
}

std::unique_ptr<cerk::provider> open_store(const settings& s) {
  if (const auto* file = std::get_if<sqlite_store>(&s.store))
    return std::make_unique<cerk::sqlite_provider>(cerk::sqlite_options{.path = file->path});
  if (const auto* topic = std::get_if<kafka_store>(&s.store))
    return open_topic(topic->topic, s.kafka);
  return std::make_unique<cerk::memory_provider>();
}

// -- stopping -------------------------------------------------------------------------------------

/// Why the service stops: a signal, or a failure that it was told of.
struct stop_reason {
  int signal = 0;
  std::string failure{};
};

/// Asked for by the first that wants the service to stop, and waited for by the main thread.
class stop_request {
public:
  void ask(stop_reason why) {
    std::call_once(asked_, [&] { why_.set_value(std::move(why)); });
  }

  stop_reason wait() {
    return why_.get_future().get();
  }

private:
  std::once_flag asked_;
  std::promise<stop_reason> why_;
};

/// The first SIGINT or SIGTERM asks, the second one ends the process at once. SIGUSR1 takes
/// partitions over that other owners claimed.
class signals {
public:
  signals(asio::io_context& io, stop_request& stop)
    : set_(io, SIGINT, SIGTERM, SIGUSR1), stop_(stop) {
    await();
  }

  /// From here on SIGUSR1 does this, on the io_context's thread.
  void on_take_over(std::function<void()> take_over) {
    asio::dispatch(set_.get_executor(),
                   [this, todo = std::move(take_over)]() mutable { take_over_ = std::move(todo); });
  }

  /// From here on stopping takes more than ending. Thread: any.
  void store_is_open() {
    is_open_ = true;
  }

private:
  void await() {
    set_.async_wait([this](boost::system::error_code ec, int number) {
      if (ec)
        return;
      if (number == SIGUSR1) {
        spdlog::info("SIGUSR1: {}", take_over_ ? "taking over" : "nothing to take over yet");
        if (take_over_)
          take_over_();
        return await();
      }
      if (was_asked_)
        std::_Exit(128 + number);
      was_asked_ = true;
      if (!is_open_) {
        spdlog::info("stopped before the store was open");
        std::_Exit(0);
      }
      stop_.ask({number});
      await();
    });
  }

  asio::signal_set set_;
  stop_request& stop_;
  std::atomic<bool> is_open_ = false;
  bool was_asked_ = false;
  std::function<void()> take_over_;
};

// -- the thread of all connections ----------------------------------------------------------------

class io_thread {
public:
  explicit io_thread(asio::io_context& io) : io_(io), thread_([&io] { run(io); }) {
  }

  ~io_thread() {
    end();
  }

  io_thread(const io_thread&) = delete;
  io_thread& operator=(const io_thread&) = delete;

  /// Afterwards no handler runs any more.
  void end() {
    io_.stop();
    if (thread_.joinable())
      thread_.join();
  }

  /// Runs `what` there and returns its result.
  template <class What>
  auto ask(What what) {
    std::packaged_task<decltype(what())()> task{std::move(what)};
    auto answer = task.get_future();
    asio::post(io_, std::move(task));
    return answer.get();
  }

private:
  static void run(asio::io_context& io) {
    for (;;) {
      try {
        io.run();
        return;
      } catch (const std::exception& e) {
        // The handlers catch their own; one that slips through must not take the others along.
        spdlog::error("a handler failed: {}", e.what());
      }
    }
  }

  asio::io_context& io_;
  std::thread thread_;
};

// -- restoring ------------------------------------------------------------------------------------

/// Logs how partitions go from phase to phase, and stops a service whose log cannot be restored.
/// Thread: the io_context's; actors only post.
class restore_watch {
public:
  restore_watch(asio::io_context& io, stop_request& stop) : io_(io), stop_(stop) {
  }

  void report(const cerk::restore_progress& p) {
    asio::post(io_, [this, p] { on_report(p); });
  }

private:
  using phase = cerk::restore_progress::phase;

  void on_report(const cerk::restore_progress& p) {
    // Most reports are of progress within a phase, which /readyz tells.
    const auto seen = seen_.try_emplace(p.partition, phase::waiting).first;
    if (seen->second == p.now)
      return;
    seen->second = p.now;
    if (p.now == phase::reading)
      spdlog::info("partition {}: restoring offsets {} to {}", p.partition, p.start, p.end);
    if (p.now == phase::serving)
      spdlog::info("partition {}: serving; {} events of {} aggregates in {:.3f} s, {} void, "
                   "{} quarantined",
                   p.partition, p.events, p.aggregates, p.seconds, p.voids, p.quarantined);
    // These two go on: what was committed can be read, and each command is told.
    if (p.now == phase::fenced || p.now == phase::stopped)
      spdlog::error("partition {}: {}: {}", p.partition, cerk::to_string(p.now), p.failure);
    if (p.now == phase::failed)
      stop_.ask({.failure = p.failure});
  }

  asio::io_context& io_;
  stop_request& stop_;
  std::map<std::int32_t, phase> seen_;
};

// -- draining -------------------------------------------------------------------------------------

void drain(cerk::repository& repository, server& http, io_thread& io, steady::time_point until) {
  io.ask([&] { http.stop(); });
  const auto unknown = repository.drain();
  // Every command has its answer by now; some are still on their way to the client.
  std::size_t cut = io.ask([&] { return http.busy(); });
  while (cut > 0 && steady::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    cut = io.ask([&] { return http.busy(); });
  }
  if (unknown == 0 && cut == 0)
    spdlog::info("stopped; every request was answered");
  else
    spdlog::warn("stopped; {} commands had no outcome after the drain timeout, {} requests had no "
                 "answer",
                 unknown, cut);
}

} // namespace

int run_service(const settings& s) {
  log_to_stderr();
  prepare_process(s.connections_max);

  asio::io_context io{1};
  server http{io, s.connections_max};
  stop_request stop;
  signals on_signal{io, stop};
  restore_watch watch{io, stop};
  // Before the store is opened, so that /healthz answers while a large file is checked.
  const auto listening = http.listen(s.host, s.port);
  io_thread io_runs{io};

  // When both fail, the store is what its owner has to know of.
  const auto store = open_store(s);
  const auto address = listening.value();
  cerk::actor_system_config config;
  if (s.workers > 0)
    config.workers(s.workers);
  caf::actor_system system{config};
  cerk::repository repository{system,
                              *store,
                              {.command_timeout = s.command_timeout,
                               .drain_timeout = s.drain_timeout,
                               .restore_bytes_in_flight_max = s.restore_memory_bytes,
                               .wait_until_restored = false,
                               .on_fenced = s.on_fenced,
                               .owner = owner_name(),
                               .on_progress
                               = [&](const cerk::restore_progress& p) { watch.report(p); }},
                              example::users};
  // Handlers use the repository, so they end first, however this function is left.
  struct end_io_first {
    io_thread& io;

    ~end_io_first() {
      io.end();
    }
  } const end_io_first{io_runs};

  on_signal.store_is_open();
  on_signal.on_take_over([&] { repository.take_over(); });
  http.serve(repository);
  spdlog::info("{} on http://{}", store->info().name, to_string(address));
  write_port_file(s.port_file, to_string(address));

  const auto why = stop.wait();
  if (why.failure.empty())
    spdlog::info("{}: taking no more commands", why.signal == SIGINT ? "SIGINT" : "SIGTERM");
  // A request that is still being read when the last command is answered gets a second more.
  drain(repository, http, io_runs, steady::now() + s.drain_timeout + std::chrono::seconds{1});
  if (why.failure.empty())
    return 0;
  spdlog::critical("{}: {}", store->info().name, why.failure);
  return 1;
}

} // namespace writer
