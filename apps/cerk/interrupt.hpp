/// Ctrl-C: a command ends between two records, never inside one.
#pragma once

#include <csignal>

namespace cerk::cli {

/// Takes SIGINT and SIGTERM over for its lifetime. The first one is a wish that loops ask for; a
/// second one ends the process at once. One at a time.
class interrupt_guard {
public:
  interrupt_guard();
  interrupt_guard(const interrupt_guard&) = delete;
  interrupt_guard& operator=(const interrupt_guard&) = delete;
  ~interrupt_guard();

private:
  struct sigaction before_int_{};
  struct sigaction before_term_{};
};

/// Throws `stop` if there was a signal.
void stop_if_interrupted();

/// For its lifetime a signal ends the process at once: around calls that cannot be asked to stop
/// and that leave all or nothing behind whenever the process dies.
class dies_at_once {
public:
  dies_at_once();
  dies_at_once(const dies_at_once&) = delete;
  dies_at_once& operator=(const dies_at_once&) = delete;
  ~dies_at_once();
};

} // namespace cerk::cli
