// cerk-writer: reads its settings, runs the service, says in one sentence why it cannot.
#include "service.hpp"
#include "settings.hpp"

#include <cstdlib>
#include <iostream>

namespace {

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

int run(int argc, char** argv) {
  const auto read
    = writer::read_settings(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!read) {
    std::cerr << "cerk-writer: " << read.error().what << "\nSee cerk-writer --help\n";
    return exit_usage;
  }
  if (const auto* print = std::get_if<writer::just_print>(&*read)) {
    std::cout << print->text;
    return exit_ok;
  }
  return writer::run_service(std::get<writer::settings>(*read));
}

} // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const cerk::failure_exception& e) {
    std::cerr << "cerk-writer: " << e.reason().what << '\n';
  } catch (const std::exception& e) {
    std::cerr << "cerk-writer: " << e.what() << '\n';
  }
  return exit_failed;
}
