// A signal handler that only sets a flag, or leaves.
#include "interrupt.hpp"

#include "exit_code.hpp"

#include <unistd.h>

#include <atomic>

namespace cerk::cli {

namespace {

constexpr int exit_interrupted = static_cast<int>(exit_code::interrupted);

std::atomic<bool> wished{false};
std::atomic<bool> at_once{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may use nothing else");

void on_signal(int) {
  if (!wished.exchange(true) && !at_once.load())
    return;
  constexpr char word[] = "interrupted\n";
  if (write(STDERR_FILENO, word, sizeof word - 1) < 0) {
    // nobody listens
  }
  _exit(exit_interrupted);
}

} // namespace

interrupt_guard::interrupt_guard() {
  wished = false;
  struct sigaction ours{};
  ours.sa_handler = on_signal;
  ours.sa_flags = SA_RESTART; // libraries underneath need not know about signals
  sigaction(SIGINT, &ours, &before_int_);
  sigaction(SIGTERM, &ours, &before_term_);
}

interrupt_guard::~interrupt_guard() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

void stop_if_interrupted() {
  if (wished.load(std::memory_order_relaxed))
    throw stop{exit_code::interrupted, "interrupted"};
}

dies_at_once::dies_at_once() {
  at_once = true;
  stop_if_interrupted(); // one that came just before
}

dies_at_once::~dies_at_once() {
  at_once = false;
}

} // namespace cerk::cli
