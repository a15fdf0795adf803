// The rule of acknowledgement, report by report and record by record.
#include "acknowledger.hpp"

namespace cerk {

acknowledger::acknowledger(term own, offset claimed_at, offset search_from)
  : own_(own), known_(claimed_at), search_from_(search_from) {
}

void acknowledger::produced(std::uint16_t k, std::uint16_t n) {
  pending_.push_back({.k = k, .n = n});
}

void acknowledger::reported(std::uint64_t number, bool stored, offset at) {
  if (number < first_)
    return; // read back before its report came
  auto& record = pending_.at(number - first_);
  record.is = stored ? state::stored : state::failed;
  record.at = at;
  if (!stored)
    broken_ = true;
  advance();
}

void acknowledger::advance() {
  while (!pending_.empty() && pending_.front().is == state::stored && known_ != no_offset
         && pending_.front().at.value == known_.value + 1)
    confirm(pending_.front().at);
}

void acknowledger::confirm(offset at) {
  confirmed_.emplace_back(first_, at);
  last_confirmed_ = pending_.front();
  pending_.pop_front();
  ++first_;
  known_ = at;
}

offset acknowledger::begin_reading() {
  if (known_ == no_offset)
    return search_from_;
  fold_ = partition_fold{own_, first_};
  if (first_ > 1 && last_confirmed_.k < last_confirmed_.n)
    fold_.resume_group(last_confirmed_.k, last_confirmed_.n);
  return {known_.value + 1};
}

term acknowledger::read(const record_view& record) {
  if (!record.has_key || record.key_size == 0) {
    const auto read = record.has_value ? parse_claim(record.value()) : std::nullopt;
    if (!read)
      return {};
    if (read->id == own_) {
      if (known_ == no_offset) {
        known_ = record.offset;
        fold_ = partition_fold{own_, first_};
        advance();
      }
      return own_;
    }
    const bool is_expected = expected_.contains(read->id.value);
    // Before the own claim: that one was read as in effect, so this changes nothing.
    if (known_ == no_offset)
      return is_expected ? read->id : term{};
    if (fold_.on_claim(*read).on_this == effect::in_effect) {
      if (is_expected)
        successor_ = {read->id, record.offset};
      else
        fenced_ = true;
    }
    return is_expected ? read->id : term{};
  }
  if (known_ == no_offset || !record.has_header() || record.header.term != own_)
    return {};
  const auto verdict = fold_.on_record(record.header);
  if (verdict.on_this != effect::voided) {
    // Own records take effect in the order of their numbers, so it is the first that is pending.
    if (record.header.number == first_ && !pending_.empty())
      confirm(record.offset);
    advance();
  } else if (verdict.cause == void_cause::gap) {
    broken_ = true;
  }
  return {};
}

} // namespace cerk
