// Progress as text, and when to write it.
#include "progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace cerk::cli {

namespace {

constexpr std::chrono::milliseconds bar_every{100};
constexpr std::chrono::seconds line_every{5};

std::string grouped(std::uint64_t number) {
  auto digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;)
    digits.insert(at -= 3, ",");
  return digits;
}

std::string whole(double number) {
  return grouped(static_cast<std::uint64_t>(number));
}

std::string with_one_decimal(double number) {
  const auto tenths = static_cast<std::uint64_t>(std::llround(number * 10));
  return grouped(tenths / 10) + '.' + std::to_string(tenths % 10);
}

// In the unit that a person would take: "90 s", "50 min", "2 h 5 min".
std::string duration(double seconds) {
  if (seconds < 120)
    return whole(seconds) + " s";
  const auto minutes = static_cast<std::uint64_t>(std::ceil(seconds / 60));
  if (minutes < 120)
    return grouped(minutes) + " min";
  return grouped(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

double share(const progress_state& now) {
  return now.total == 0
           ? 0
           : std::min(1.0, static_cast<double>(now.done) / static_cast<double>(now.total));
}

std::size_t terminal_columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

} // namespace

std::string progress_line(const progress_state& now) {
  std::string text = now.label + ' ';
  if (now.total != 0)
    text += std::to_string(static_cast<int>(share(now) * 100)) + "% ";
  text += grouped(now.done);
  if (now.total != 0)
    text += " of " + grouped(now.total);
  text += ' ' + now.unit;
  const auto per_second = [&](std::uint64_t count) {
    return now.seconds > 0 ? static_cast<double>(count) / now.seconds : 0;
  };
  const double rate = per_second(now.done);
  if (rate < 1)
    return text;
  if (now.events != 0 || now.bytes != 0)
    text += ", " + whole(per_second(now.events)) + " events/s, "
            + with_one_decimal(per_second(now.bytes) / 1e6) + " MB/s";
  else
    text += ", " + whole(rate) + "/s";
  if (now.total > now.done)
    text += ", " + duration(std::ceil(static_cast<double>(now.total - now.done) / rate)) + " left";
  return text;
}

std::string progress_bar_line(const progress_state& now, std::size_t columns) {
  constexpr std::size_t cells = 20;
  std::string text;
  if (now.total != 0) {
    const auto full = static_cast<std::size_t>(share(now) * cells);
    text = '[' + std::string(full, '#') + std::string(cells - full, '.') + "] ";
  }
  return (text + progress_line(now)).substr(0, columns);
}

progress_bar::progress_bar(std::string label, std::string unit, std::uint64_t total, bool enabled)
  : now_{.label = std::move(label), .unit = std::move(unit), .total = total},
    enabled_(enabled),
    on_terminal_(isatty(STDERR_FILENO) == 1),
    started_(clock::now()),
    next_(started_ + (on_terminal_ ? clock::duration{bar_every} : clock::duration{line_every})) {
}

progress_bar::~progress_bar() {
  if (drawn_ && on_terminal_)
    std::fputs("\r\033[K", stderr);
}

void progress_bar::at(std::uint64_t done) {
  at(done, now_.total);
}

void progress_bar::at(std::uint64_t done, std::uint64_t total) {
  now_.done = done;
  now_.total = total;
  draw_if_due();
}

void progress_bar::at(const restore_summary& now) {
  now_.events = now.events;
  now_.bytes = now.bytes;
  at(now.records_read, now.records);
}

void progress_bar::at(offset position, offset end) {
  at(static_cast<std::uint64_t>(position.value), static_cast<std::uint64_t>(end.value));
}

void progress_bar::draw_if_due() {
  if (!enabled_)
    return;
  const auto time = clock::now();
  if (time < next_)
    return;
  next_ = time + (on_terminal_ ? clock::duration{bar_every} : clock::duration{line_every});
  now_.seconds = std::chrono::duration<double>(time - started_).count();
  drawn_ = true;
  if (on_terminal_)
    std::fprintf(stderr, "\r%s\033[K", progress_bar_line(now_, terminal_columns() - 1).c_str());
  else
    std::fprintf(stderr, "%s\n", progress_line(now_).c_str());
}

} // namespace cerk::cli
