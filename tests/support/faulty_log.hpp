/// A record log before a real one, with faults on order: what a pipeline can do wrong, and what
/// others write meanwhile. Every record lies in the real log.
#pragma once

#include "job_lane.hpp"
#include "record_log.hpp"
#include "support/report_sink.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

/// One record is on its way at a time, so that a test knows its log to the last record. Records
/// that are handed over together are a pipeline all the same: their reports come when all of them
/// have landed, in the order of production.
class faulty_log final : public cerk::record_log {
public:
  /// What becomes of one record on its way.
  struct fault {
    enum class kind : std::uint8_t {
      none,
      /// Stored, and reported without an offset.
      no_offset,
      /// Stored, and reported as failed.
      failed_but_stored,
      /// Not stored, and reported as failed.
      lost,
      /// Not stored, and reported as stored without an offset: a pipeline that lies.
      silently_lost,
      /// Stored twice, and reported once, where it is first.
      twice,
    };

    kind how = kind::none;
    /// Runs when all records before this one have landed.
    std::function<void()> before{};
  };

  explicit faulty_log(std::unique_ptr<cerk::record_log> real) : real_(std::move(real)) {
  }

  ~faulty_log() override {
    reports_.close();
  }

  // -- what a test orders --

  /// For the next records produced, one each, claims included.
  void next(std::vector<fault> faults) {
    const std::lock_guard lock{mutex_};
    faults_.assign(faults.begin(), faults.end());
  }

  /// Somebody else's record, through a pipeline of its own. Returns when it has landed.
  void add(cerk::partition_id partition, const cerk::record& foreign) {
    real_pipeline other{*real_, partition};
    other.land({.key = foreign.key,
                .value = foreign.value,
                .header = foreign.header,
                .headers = foreign.headers,
                .timestamp_ms = foreign.timestamp_ms});
  }

  // -- the log --

  const cerk::provider_info& info() const noexcept override {
    return real_->info();
  }

  cerk::result<std::unique_ptr<cerk::log_pipeline>>
  open_pipeline(cerk::partition_id partition, cerk::on_deliveries done) override {
    return std::unique_ptr<cerk::log_pipeline>{
      std::make_unique<pipeline>(*this, partition, std::move(done))};
  }

  cerk::result<std::unique_ptr<cerk::record_reader>> read(cerk::partition_id partition,
                                                          cerk::offset from) override {
    return real_->read(partition, from);
  }

  cerk::result<cerk::offset> end(cerk::partition_id partition) override {
    return real_->end(partition);
  }

  void run(cerk::partition_id partition, std::chrono::milliseconds delay,
           std::function<void()> job) override {
    real_->run(partition, delay, std::move(job));
  }

  void close() override {
    real_->close();
    reports_.close();
  }

private:
  // Produces, and waits for the report.
  class real_pipeline {
  public:
    real_pipeline(cerk::record_log& real, cerk::partition_id partition)
      : pipeline_(real
                    .open_pipeline(partition,
                                   [this](const auto& reports) {
                                     const std::lock_guard lock{mutex_};
                                     landed_ = reports.at(0);
                                     changed_.notify_all();
                                   })
                    .value()) {
    }

    cerk::delivery land(const cerk::outgoing_record& r) {
      if (!pipeline_->produce(r, 0))
        return {.failure = "not taken"};
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [&] { return landed_.has_value(); });
      return *std::exchange(landed_, std::nullopt);
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<cerk::delivery> landed_;
    std::unique_ptr<cerk::log_pipeline> pipeline_; // gone before what it reports to
  };

  class pipeline final : public cerk::log_pipeline {
  public:
    pipeline(faulty_log& home, cerk::partition_id partition, cerk::on_deliveries done)
      : home_(home),
        real_(*home.real_, partition),
        to_(std::make_shared<report_sink>(std::move(done))) {
    }

    ~pipeline() override {
      to_->close();
    }

    bool produce(const cerk::outgoing_record& r, std::uint64_t token) override {
      using enum fault::kind;
      const auto [how, before] = home_.take_fault();
      if (before)
        before();
      const bool lands = how != lost && how != silently_lost;
      auto report = lands ? real_.land(r) : cerk::delivery{.stored = how == silently_lost};
      if (how == twice)
        real_.land(r);
      if (how == failed_but_stored)
        report.stored = false;
      if (how == failed_but_stored || how == no_offset)
        report.at = cerk::no_offset;
      report.token = token;
      home_.reports_.add({}, [to = to_, report] { to->report(report); });
      return true;
    }

  private:
    faulty_log& home_;
    real_pipeline real_;
    std::shared_ptr<report_sink> to_;
  };

  fault take_fault() {
    const std::lock_guard lock{mutex_};
    if (faults_.empty())
      return {};
    auto first = std::move(faults_.front());
    faults_.pop_front();
    return first;
  }

  std::unique_ptr<cerk::record_log> real_;
  std::mutex mutex_;
  std::deque<fault> faults_;
  cerk::job_lane reports_;
};
