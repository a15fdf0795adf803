// Following partitions: each at its place, all of them in turn.
#include "cerk/reader.hpp"

#include "scanner.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace cerk {

// -- positions ------------------------------------------------------------------------------------

namespace {

using json = nlohmann::ordered_json;

error bad_position(const std::string& what) {
  return {errc::bad_input, "a reader's position: " + what};
}

template <class Number>
std::optional<Number> number_at(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) // negative ones are another type
    return std::nullopt;
  const auto value = found->template get<std::uint64_t>();
  if (!std::in_range<Number>(value))
    return std::nullopt;
  return static_cast<Number>(value);
}

std::optional<term> term_at(const json& object) {
  const auto found = object.find("term");
  if (found == object.end() || !found->is_string())
    return std::nullopt;
  const auto& text = found->get_ref<const std::string&>();
  term read;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), read.value);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return read;
}

} // namespace

std::string to_string(const reader_position& position) {
  auto partitions = json::array();
  for (const auto& p : position.partitions)
    // The term as text: many JSON readers round integers above 2^53.
    partitions.push_back(
      {{"next", p.next.value}, {"term", std::to_string(p.term.value)}, {"number", p.next_number}});
  return json{{"format", 1}, {"partitions", std::move(partitions)}}.dump();
}

result<reader_position> reader_position::parse(std::string_view text) {
  const auto read = json::parse(text, nullptr, false);
  if (!read.is_object())
    return bad_position("it is not a JSON object");
  if (number_at<int>(read, "format") != 1)
    return bad_position("its format is not 1, the one that this version of cerk reads");
  const auto partitions = read.find("partitions");
  if (partitions == read.end() || !partitions->is_array())
    return bad_position("it has no array 'partitions'");
  reader_position position;
  for (const auto& p : *partitions) {
    const auto where = "partition " + std::to_string(position.partitions.size()) + ": ";
    if (!p.is_object())
      return bad_position(where + "it is not an object");
    const auto next = number_at<std::int64_t>(p, "next");
    if (!next)
      return bad_position(where + "'next' is not an offset");
    const auto in_force = term_at(p);
    if (!in_force)
      return bad_position(where + "'term' is not a 64-bit number as text");
    const auto number = number_at<std::uint64_t>(p, "number");
    if (!number || *number == 0)
      return bad_position(where + "'number' is not a number from 1");
    const bool is_claimed = *in_force != cerk::term{};
    if (is_claimed ? *next == 0 : *number != 1)
      return bad_position(where + "its fields contradict each other");
    position.partitions.push_back({{*next}, *in_force, *number});
  }
  return position;
}

// -- one partition --------------------------------------------------------------------------------

namespace {

// What the partitions of a reader share: the batch in the making, and what was counted.
struct gathering {
  const reader_options& options;
  std::vector<stored_event> events;
  std::size_t bytes = 0;
  std::map<std::string, std::uint64_t, std::less<>> voids;

  bool is_full() const noexcept {
    return !events.empty() && (events.size() >= options.events_max || bytes >= options.bytes_max);
  }
};

// Reads, folds and hands out one partition, as far as it is asked to.
class follower {
public:
  follower(provider& store, partition_id partition, reader_position::place begin, gathering& to)
    : store_(store),
      partition_(partition),
      begin_(begin),
      place_(begin),
      to_(to),
      scan_(
        partition, [this](const log_entry& entry) { return take(entry); }, how_to_scan()),
      knows_past_(counts_again()) {
  }
  follower(const follower&) = delete;
  follower& operator=(const follower&) = delete;
  ~follower() = default;

  result<void> open() {
    auto opened = store_.read(partition_, counts_again() ? offset{0} : begin_.next);
    if (!opened)
      return opened.error();
    reader_ = *std::move(opened);
    if (begin_.next > reader_->end())
      return error{errc::store_unusable, where(begin_.next) + ": the log ends before it, at offset "
                                           + std::to_string(reader_->end().value)
                                           + ", so the position is of another log"};
    while (next_offset() < begin_.next) { // counts again
      if (auto fetched = fetch(std::chrono::milliseconds{100}); !fetched)
        return fetched;
      if (batch_)
        if (auto taken = take_record(); !taken)
          return taken;
    }
    return {};
  }

  // Reads on, if everything that was read is taken; waits if nothing is here.
  result<void> fetch(std::chrono::milliseconds wait_max) {
    if (batch_)
      return {};
    auto read = reader_->next(to_.options.bytes_max, wait_max);
    if (!read)
      return read.error();
    if (!(*read)->records().empty())
      batch_ = *std::move(read);
    taken_ = 0;
    return {};
  }

  // What was read before, then what is here now; until the gathering is full. Returns whether there
  // were any records.
  result<bool> take_what_is_here() {
    bool found = false;
    for (const bool reads : {false, true}) {
      if (reads && !to_.is_full())
        if (auto fetched = fetch(std::chrono::milliseconds{0}); !fetched)
          return fetched.error();
      found = found || batch_;
      while (batch_ && !to_.is_full())
        if (auto taken = take_record(); !taken)
          return taken.error();
    }
    return found;
  }

  const reader_position::place& place() const noexcept {
    return place_;
  }

  bool has_caught_up() const noexcept {
    return !batch_ && reader_->position() >= reader_->end();
  }

private:
  offset next_offset() const {
    return batch_ ? batch_->records()[taken_].offset : reader_->position();
  }

  result<void> take_record() {
    if (stopped_)
      return *stopped_;
    const auto& record = batch_->records()[taken_];
    if (!knows_past_ && scan_.is_unknown_to_fold(record))
      if (auto learnt = learn_past(); !learnt) {
        if (learnt.error().advice() != retry::later)
          stopped_ = learnt.error();
        return learnt;
      }
    const auto events = to_.events.size();
    if (!scan_.feed(batch_, record)) {
      to_.events.resize(events); // a group is whole or not there at all
      return *stopped_;
    }
    if (const auto& settled = scan_.settled(); settled.next > place_.next)
      place_ = {settled.next, settled.current, settled.next_number};
    if (++taken_ == batch_->records().size())
      batch_ = nullptr;
    return {};
  }

  // Legacy events have no version of their own.
  bool counts_again() const noexcept {
    return begin_.term == term{};
  }

  scanner_options how_to_scan() const {
    return {.fold = counts_again() ? partition_fold{}
                                   : partition_fold{begin_.term, begin_.next_number},
            .from_start = counts_again(),
            .voids_at_once = true,
            .aggregates_max = to_.options.aggregates_remembered_max};
  }

  bool take(const log_entry& entry) {
    if (entry.event.offset < begin_.next)
      return true; // only counted again
    if (!entry.damage.empty()) {
      error why{errc::corrupt, where(entry.event.offset) + ": " + entry.damage};
      if (to_.options.on_unreadable && to_.options.on_unreadable(entry, why))
        return true;
      stopped_ = std::move(why);
      return false;
    }
    if (entry.is_event()) {
      to_.bytes += sizeof entry.event + entry.event.key.size() + entry.event.value.size();
      to_.events.push_back(entry.event);
    } else if (!entry.effective) {
      const bool is_orphan = !entry.is_claim && entry.event.key.empty();
      ++to_.voids[is_orphan ? "no_key" : entry.reason];
    }
    return true;
  }

  // A position does not carry the terms of the past; that a fenced owner's record or claim came
  // right behind it is rare enough to look them up. It must be a past that led to this position.
  result<void> learn_past() {
    auto opened = store_.read(partition_, offset{0});
    if (!opened)
      return opened.error();
    auto& past = **opened;
    partition_fold fold; // of the claims alone: records do not change the term
    while (past.position() < begin_.next) {
      const auto read = past.next(to_.options.bytes_max);
      if (!read)
        return read.error();
      for (const auto& record : (*read)->records())
        if (record.offset < begin_.next && (!record.has_key || record.key_size == 0)
            && record.has_value)
          if (const auto found = parse_claim(record.value())) {
            fold.on_claim(*found);
            scan_.remember_claim(found->id);
          }
    }
    if (fold.current() != begin_.term)
      return error{errc::store_unusable,
                   where(begin_.next) + ": term " + std::to_string(fold.current().value)
                     + " is in force there, not the position's, which is of another log"};
    knows_past_ = true;
    return {};
  }

  std::string where(offset at) const {
    return store_.info().name + ", partition " + std::to_string(partition_.value) + ", offset "
           + std::to_string(at.value);
  }

  provider& store_;
  partition_id partition_;
  reader_position::place begin_;
  reader_position::place place_; // behind what was handed out
  gathering& to_;
  scanner scan_;
  bool knows_past_;
  std::unique_ptr<record_reader> reader_;
  std::shared_ptr<const record_batch> batch_;
  std::size_t taken_ = 0; // of its records
  std::optional<error> stopped_;
};

} // namespace

// -- all of them ----------------------------------------------------------------------------------

struct reader::state {
  explicit state(reader_options o) : options(std::move(o)), to{.options = options} {
  }

  const reader_options options;
  gathering to;
  std::vector<std::unique_ptr<follower>> followers;
  reader_position position;
  std::size_t turn = 0;      // whose events come first
  std::optional<error> owed; // to be told by the next call

  // One round. Returns whether there were any records.
  bool take_what_is_here() {
    bool found = false;
    for (std::size_t i = 0; i < followers.size() && !to.is_full() && !has_stopped(); ++i) {
      const auto taken = followers[(turn + i) % followers.size()]->take_what_is_here();
      found = found || (taken && *taken);
      if (!taken)
        owe(taken.error());
    }
    turn = (turn + 1) % followers.size();
    return found;
  }

  // One that cannot be repaired stays, whatever others come.
  void owe(const error& why) {
    if (!has_stopped())
      owed = why;
  }

  bool has_stopped() const {
    return owed && owed->advice() != retry::later;
  }

  event_batch hand_out() {
    for (std::size_t p = 0; p < followers.size(); ++p)
      position.partitions[p] = followers[p]->place();
    to.bytes = 0;
    return {std::exchange(to.events, {}), position};
  }
};

reader::reader(std::unique_ptr<state> s) : state_(std::move(s)) {
}

reader::~reader() = default;

result<std::unique_ptr<reader>> reader::open(provider& store, reader_options options) {
  auto s = std::make_unique<state>(std::move(options));
  const auto count = static_cast<std::size_t>(store.info().partition_count);
  s->position = s->options.position;
  if (s->position.partitions.empty())
    s->position.partitions.resize(count);
  if (s->position.partitions.size() != count)
    return error{errc::bad_input,
                 "the position is of a log with " + std::to_string(s->position.partitions.size())
                   + " partitions, but " + store.info().name + " has " + std::to_string(count)};
  for (std::size_t p = 0; p < count; ++p) {
    auto& added = s->followers.emplace_back(std::make_unique<follower>(
      store, partition_id{static_cast<std::int32_t>(p)}, s->position.partitions[p], s->to));
    if (auto opened = added->open(); !opened)
      return opened.error();
  }
  return std::unique_ptr<reader>{new reader(std::move(s))};
}

result<event_batch> reader::next(std::chrono::milliseconds timeout) {
  auto& s = *state_;
  // While several could bring something, none is waited for longer than this.
  constexpr std::chrono::milliseconds slice{10};
  const auto until = s.options.environment.steady_now() + timeout;
  for (;;) {
    if (s.owed) {
      auto why = *s.owed;
      if (!s.has_stopped())
        s.owed.reset();
      return why;
    }
    const bool found = s.take_what_is_here();
    if (!s.to.events.empty())
      return s.hand_out();
    if (s.owed)
      continue;
    const auto left
      = std::chrono::ceil<std::chrono::milliseconds>(until - s.options.environment.steady_now());
    if (left.count() <= 0)
      return s.hand_out();
    if (found)
      continue;
    const auto wait_max = s.followers.size() == 1 ? left : std::min(left, slice);
    if (auto fetched = s.followers[s.turn]->fetch(wait_max); !fetched)
      s.owe(fetched.error());
  }
}

const reader_position& reader::position() const noexcept {
  return state_->position;
}

bool reader::has_caught_up() const noexcept {
  return std::ranges::all_of(state_->followers, [](const auto& f) { return f->has_caught_up(); });
}

const std::map<std::string, std::uint64_t, std::less<>>& reader::voids() const noexcept {
  return state_->to.voids;
}

} // namespace cerk
