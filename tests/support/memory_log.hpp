/// A log in memory for `log_provider`, with the faults of a real one on order.
#pragma once

#include "job_lane.hpp"
#include "record_log.hpp"
#include "support/report_sink.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>

/// What becomes of the next records produced, one each.
enum class fault {
  none,
  /// Stored, and reported without an offset.
  no_offset,
  /// Stored, and reported as failed.
  failed_but_stored,
  /// Not stored, and reported as failed.
  lost,
  /// Not stored, and reported as stored without an offset: a pipeline that lies.
  silently_lost,
  /// Not reported until `release`.
  held,
};

class memory_log final : public cerk::record_log {
public:
  explicit memory_log(std::int32_t partitions = 1) : logs_(static_cast<std::size_t>(partitions)) {
    info_ = {.name = "memory log",
             .partition_count = partitions,
             .flights_max = 8,
             .checks_versions = false,
             .reading_blocks = true};
  }

  ~memory_log() override {
    close();
  }

  const cerk::provider_info& info() const noexcept override {
    return info_;
  }

  cerk::result<std::unique_ptr<cerk::log_pipeline>>
  open_pipeline(cerk::partition_id partition, cerk::on_deliveries done) override {
    const std::lock_guard lock{mutex_};
    if (unreachable_)
      return cerk::error{cerk::errc::unavailable, "memory log: not reachable"};
    return std::unique_ptr<cerk::log_pipeline>{
      std::make_unique<pipeline>(*this, partition, std::move(done))};
  }

  cerk::result<std::unique_ptr<cerk::record_reader>> read(cerk::partition_id partition,
                                                          cerk::offset from) override {
    const std::lock_guard lock{mutex_};
    if (unreachable_)
      return cerk::error{cerk::errc::unavailable, "memory log: not reachable"};
    return std::unique_ptr<cerk::record_reader>{std::make_unique<reader>(
      *this, partition, from, static_cast<std::int64_t>(at(partition).size()))};
  }

  cerk::result<cerk::offset> end(cerk::partition_id partition) override {
    const std::lock_guard lock{mutex_};
    if (unreachable_)
      return cerk::error{cerk::errc::unavailable, "memory log: not reachable"};
    return cerk::offset{static_cast<std::int64_t>(at(partition).size())};
  }

  void run(cerk::partition_id, std::chrono::milliseconds delay,
           std::function<void()> job) override {
    lane_.add(delay, std::move(job));
  }

  void close() override {
    {
      const std::lock_guard lock{mutex_};
      closed_ = true;
      changed_.notify_all();
    }
    lane_.close();
  }

  // -- what a test orders --

  /// The next records produced, claims included.
  void next(std::initializer_list<fault> faults) {
    const std::lock_guard lock{mutex_};
    faults_.assign(faults);
  }

  /// Reports everything that was held.
  void release() {
    const std::lock_guard lock{mutex_};
    for (auto& [to, report] : std::exchange(held_, {}))
      post(to, std::move(report));
  }

  /// Waits until every job that is due now has run; those may have added others.
  void settle() {
    std::promise<void> reached;
    lane_.add({}, [&] { reached.set_value(); });
    reached.get_future().wait();
  }

  /// How many pipelines are open.
  std::size_t pipelines() const {
    return pipelines_;
  }

  void set_unreachable(bool is) {
    const std::lock_guard lock{mutex_};
    unreachable_ = is;
  }

  /// The next so many reads bring nothing, as if it came late.
  void delay_reads(int count) {
    const std::lock_guard lock{mutex_};
    reads_delayed_ = count;
  }

  /// Somebody else's record, at once.
  void add(cerk::partition_id partition, cerk::record foreign) {
    const std::lock_guard lock{mutex_};
    store(partition, std::move(foreign));
  }

private:
  class pipeline final : public cerk::log_pipeline {
  public:
    pipeline(memory_log& home, cerk::partition_id partition, cerk::on_deliveries done)
      : home_(home), partition_(partition), to_(std::make_shared<report_sink>(std::move(done))) {
      ++home_.pipelines_;
    }

    ~pipeline() override {
      to_->close();
      --home_.pipelines_;
    }

    bool produce(const cerk::outgoing_record& r, std::uint64_t token) override {
      cerk::record made{.timestamp_ms = r.timestamp_ms, .header = std::string{r.header}};
      if (r.key)
        made.key.emplace(*r.key);
      if (r.value)
        made.value.emplace(*r.value);
      made.headers.assign(r.headers.begin(), r.headers.end());
      const std::lock_guard lock{home_.mutex_};
      fault how = fault::none;
      if (!home_.faults_.empty()) {
        how = home_.faults_.front();
        home_.faults_.pop_front();
      }
      const bool lands = how != fault::lost && how != fault::silently_lost;
      const auto at = lands ? home_.store(partition_, std::move(made)) : cerk::no_offset;
      const bool fails = how == fault::lost || how == fault::failed_but_stored;
      cerk::delivery report{.token = token,
                            .stored = !fails,
                            .at = how == fault::no_offset || fails ? cerk::no_offset : at,
                            .failure = fails ? "ordered by the test" : ""};
      if (how == fault::held)
        home_.held_.emplace_back(to_, std::move(report));
      else
        home_.post(to_, std::move(report));
      return true;
    }

  private:
    memory_log& home_;
    cerk::partition_id partition_;
    std::shared_ptr<report_sink> to_;
  };

  class reader final : public cerk::record_reader {
  public:
    reader(memory_log& home, cerk::partition_id partition, cerk::offset from, std::int64_t end)
      : home_(home), partition_(partition), position_(from), end_{end} {
    }

    cerk::result<std::shared_ptr<cerk::record_batch>>
    next(std::size_t bytes_max, std::chrono::milliseconds wait_max) override {
      auto batch = std::make_shared<cerk::record_batch>();
      std::unique_lock lock{home_.mutex_};
      const auto& log = home_.at(partition_);
      if (home_.reads_delayed_ > 0) {
        --home_.reads_delayed_;
        return batch;
      }
      home_.changed_.wait_for(lock, wait_max, [&] {
        return home_.closed_ || position_.value < static_cast<std::int64_t>(log.size());
      });
      std::size_t bytes = 0;
      while (position_.value < static_cast<std::int64_t>(log.size())
             && (bytes == 0 || bytes < bytes_max)) {
        const auto& r = log[static_cast<std::size_t>(position_.value)];
        batch->add(position_, r.timestamp_ms, r.key, r.value, r.header,
                   cerk::pack_headers(r.headers));
        bytes += 1 + (r.value ? r.value->size() : 0);
        ++position_.value;
      }
      return batch;
    }

    cerk::offset position() const noexcept override {
      return position_;
    }

    cerk::offset end() const noexcept override {
      return end_;
    }

  private:
    memory_log& home_;
    cerk::partition_id partition_;
    cerk::offset position_;
    cerk::offset end_;
  };

  std::vector<cerk::record>& at(cerk::partition_id partition) {
    return logs_.at(static_cast<std::size_t>(partition.value));
  }

  cerk::offset store(cerk::partition_id partition, cerk::record added) {
    auto& log = at(partition);
    log.push_back(std::move(added));
    changed_.notify_all();
    return {static_cast<std::int64_t>(log.size()) - 1};
  }

  void post(const std::shared_ptr<report_sink>& to, cerk::delivery report) {
    lane_.add({}, [to, report = std::move(report)] { to->report(report); });
  }

  cerk::provider_info info_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::vector<cerk::record>> logs_;
  std::deque<fault> faults_;
  std::vector<std::pair<std::shared_ptr<report_sink>, cerk::delivery>> held_;
  int reads_delayed_ = 0;
  std::atomic<std::size_t> pipelines_{0};
  bool unreachable_ = false;
  bool closed_ = false;
  cerk::job_lane lane_;
};
