/// A thread that runs jobs one at a time, in the order in which they are due.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace cerk {

/// Its thread starts with its first job. Its length is bounded by those who fill it: a term has two
/// jobs at most, reads of aggregates have a bound of their own.
class job_lane {
public:
  using clock = std::chrono::steady_clock;

  ~job_lane() {
    close();
  }

  void add(std::chrono::milliseconds delay, std::function<void()> job) {
    const std::lock_guard lock{mutex_};
    if (closed_)
      return;
    jobs_.emplace(clock::now() + delay, std::move(job));
    if (!thread_.joinable())
      thread_ = std::thread{[this] { work(); }};
    changed_.notify_all();
  }

  /// Waits for the job under way; none begins any more.
  void close() {
    std::thread ended;
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
      ended = std::move(thread_);
      changed_.notify_all();
    }
    if (ended.joinable())
      ended.join();
    jobs_.clear();
  }

private:
  void work() {
    std::unique_lock lock{mutex_};
    while (!closed_) {
      if (jobs_.empty()) {
        changed_.wait(lock);
      } else if (const auto due = jobs_.begin()->first; due > clock::now()) {
        changed_.wait_until(lock, due);
      } else {
        auto job = std::move(jobs_.extract(jobs_.begin()).mapped());
        lock.unlock();
        job();
        job = nullptr;
        lock.lock();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<clock::time_point, std::function<void()>> jobs_;
  std::thread thread_;
  bool closed_ = false;
};

} // namespace cerk
