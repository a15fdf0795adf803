/// The domain of the tests: one aggregate that can do everything a test wants to see, wrong things
/// included.
#pragma once

#include <cerk/aggregate.hpp>

#include <cstdint>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace bank {

struct account {
  std::string owner;
  std::int64_t balance = 0;
  std::string note;
};
BOOST_DESCRIBE_STRUCT(account, (), (owner, balance, note))

// -- events ---------------------------------------------------------------------------------------

struct opened {
  std::string owner;
};
BOOST_DESCRIBE_STRUCT(opened, (), (owner))

struct deposited {
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(deposited, (), (amount))

struct noted {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(noted, (), (text))

struct rated {
  double rate = 0;
};
BOOST_DESCRIBE_STRUCT(rated, (), (rate))

inline account evolve(account self, const opened& e) {
  self.owner = e.owner;
  return self;
}

inline account evolve(account self, const deposited& e) {
  self.balance += e.amount;
  return self;
}

/// How many times `evolve` refuses the note "poison"; a domain must not do this.
inline int poison_left = std::numeric_limits<int>::max();

inline account evolve(account self, const noted& e) {
  if (e.text == "poison" && poison_left-- > 0)
    throw std::runtime_error{"poisoned"};
  self.note = e.text;
  return self;
}

inline account evolve(account self, const rated&) {
  return self;
}

// -- commands -------------------------------------------------------------------------------------

struct open {
  std::string owner;
};
BOOST_DESCRIBE_STRUCT(open, (), (owner))

/// Rejected unless the account is open and stays at 0 or above; 0 changes nothing.
struct deposit {
  std::int64_t amount = 0;
};
BOOST_DESCRIBE_STRUCT(deposit, (), (amount))

/// One event for each amount.
struct deposit_all {
  std::vector<std::int64_t> amounts;
};
BOOST_DESCRIBE_STRUCT(deposit_all, (), (amounts))

struct note {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(note, (), (text))

/// A note of this many bytes, or one that is no UTF-8.
struct write_bytes {
  std::uint64_t count = 0;
  bool as_utf8 = true;
};
BOOST_DESCRIBE_STRUCT(write_bytes, (), (count, as_utf8))

/// A rate that is no number.
struct rate_by_nan {};
BOOST_DESCRIBE_STRUCT(rate_by_nan, (), ())

/// Throws inside `decide`.
struct explode {
  bool standard = true;
};
BOOST_DESCRIBE_STRUCT(explode, (), (standard))

/// Notes what the context says.
struct note_context {};
BOOST_DESCRIBE_STRUCT(note_context, (), ())

inline cerk::decision<opened> decide(const account&, const open& c, const cerk::context& about) {
  if (about.version.value > 0)
    return cerk::reject("account_exists", "there is an account with this id", "id");
  return opened{c.owner};
}

inline cerk::decision<deposited> decide(const account& self, const deposit& c,
                                        const cerk::context& about) {
  if (about.version.value == 0)
    return cerk::reject("no_account", "there is no account with this id", "id");
  if (self.balance + c.amount < 0)
    return cerk::reject("overdrawn", "the balance is " + std::to_string(self.balance), "amount");
  if (c.amount == 0)
    return cerk::unchanged;
  return deposited{c.amount};
}

inline cerk::decision<deposited> decide(const account&, const deposit_all& c) {
  std::vector<cerk::decision<deposited>::event> events;
  for (const auto amount : c.amounts)
    events.emplace_back(deposited{amount});
  return events;
}

inline cerk::decision<noted> decide(const account&, const note& c) {
  return noted{c.text};
}

inline cerk::decision<noted> decide(const account&, const write_bytes& c) {
  return noted{std::string(c.count, c.as_utf8 ? 'x' : '\xff')};
}

inline cerk::decision<rated> decide(const account&, const rate_by_nan&) {
  return rated{std::numeric_limits<double>::quiet_NaN()};
}

inline cerk::decision<noted> decide(const account&, const explode& c) {
  if (c.standard)
    throw std::runtime_error{"boom"};
  throw 42;
}

inline cerk::decision<noted> decide(const account&, const note_context&,
                                    const cerk::context& about) {
  std::string text = std::string{about.id} + '@' + std::to_string(about.version.value) + ' '
                     + to_string(about.command_id) + ' ' + std::string{about.correlation_id};
  for (const auto& [name, value] : about.metadata)
    text += ' ' + name + '=' + value;
  return noted{text};
}

inline constexpr auto accounts = cerk::aggregate<account>("account")
                                   .event<opened>("Opened")
                                   .event<deposited>("Deposited")
                                   .event<noted>("Noted")
                                   .event<rated>("Rated")
                                   .command<open>("Open")
                                   .command<deposit>("Deposit")
                                   .command<deposit_all>("DepositAll")
                                   .command<note>("Note")
                                   .command<write_bytes>("WriteBytes")
                                   .command<rate_by_nan>("RateByNan")
                                   .command<explode>("Explode")
                                   .command<note_context>("NoteContext");

// -- another type, for ids that are taken ---------------------------------------------------------

struct shop {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(shop, (), (name))

struct shop_opened {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(shop_opened, (), (name))

struct open_shop {
  std::string name;
};
BOOST_DESCRIBE_STRUCT(open_shop, (), (name))

inline shop evolve(shop, const shop_opened& e) {
  return {e.name};
}

inline cerk::decision<shop_opened> decide(const shop&, const open_shop& c) {
  return shop_opened{c.name};
}

inline constexpr auto shops
  = cerk::aggregate<shop>("shop").event<shop_opened>("ShopOpened").command<open_shop>("OpenShop");

} // namespace bank
