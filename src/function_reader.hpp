/// A reader for stores that can read at any offset: it keeps the position, the store does the rest.
#pragma once

#include "cerk/provider.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace cerk {

class function_reader final : public record_reader {
public:
  /// As `record_reader::next`, and moves the offset behind what it read.
  using read_function
    = std::function<result<std::shared_ptr<record_batch>>(offset&, std::size_t,
                                                          std::chrono::milliseconds)>;

  function_reader(read_function read, offset from, offset end)
    : read_(std::move(read)), position_(from), end_(end) {
  }

  result<std::shared_ptr<record_batch>> next(std::size_t bytes_max,
                                             std::chrono::milliseconds wait_max) override {
    return read_(position_, bytes_max, wait_max);
  }

  offset position() const noexcept override {
    return position_;
  }

  offset end() const noexcept override {
    return end_;
  }

private:
  read_function read_;
  offset position_;
  offset end_;
};

} // namespace cerk
