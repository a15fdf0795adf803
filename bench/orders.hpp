/// Orders and customers as a user of cerk declares them: events, states, evolve, names. Nobody
/// sends them commands.
#pragma once

#include <cerk/aggregate.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shop {

struct address {
  std::string street, city;
  std::optional<std::string> note;
};
BOOST_DESCRIBE_STRUCT(address, (), (street, city, note))

struct line {
  std::string sku;
  std::uint32_t quantity = 0;
  std::int64_t cents = 0;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(line, (), (sku, quantity, cents, tags))

// -- orders ---------------------------------------------------------------------------------------

struct order_placed {
  std::string customer;
  address ship_to;
  std::vector<line> lines;
  std::optional<std::string> coupon;
};
BOOST_DESCRIBE_STRUCT(order_placed, (), (customer, ship_to, lines, coupon))

/// The line at `position` is now another; a position behind the last adds one.
struct order_line {
  std::uint32_t position = 0;
  shop::line line;
};
BOOST_DESCRIBE_STRUCT(order_line, (), (position, line))

struct order_ship_to {
  address ship_to;
};
BOOST_DESCRIBE_STRUCT(order_ship_to, (), (ship_to))

struct order_shipped {
  std::vector<std::string> parcels;
  std::optional<std::string> tracking;
};
BOOST_DESCRIBE_STRUCT(order_shipped, (), (parcels, tracking))

BOOST_DEFINE_ENUM_CLASS(order_status, open, shipped)

struct order {
  std::string customer;
  address ship_to;
  std::vector<line> lines;
  std::optional<std::string> coupon;
  order_status status = order_status::open;
  std::vector<std::string> parcels;
  std::optional<std::string> tracking;
};
BOOST_DESCRIBE_STRUCT(order, (), (customer, ship_to, lines, coupon, status, parcels, tracking))

inline order evolve(order, const order_placed& e) {
  return {.customer = e.customer, .ship_to = e.ship_to, .lines = e.lines, .coupon = e.coupon};
}

inline order evolve(order self, const order_line& e) {
  if (e.position < self.lines.size())
    self.lines[e.position] = e.line;
  else
    self.lines.push_back(e.line);
  return self;
}

inline order evolve(order self, const order_ship_to& e) {
  self.ship_to = e.ship_to;
  return self;
}

inline order evolve(order self, const order_shipped& e) {
  self.status = order_status::shipped;
  self.parcels = e.parcels;
  self.tracking = e.tracking;
  return self;
}

inline constexpr auto orders = cerk::aggregate<order>("order")
                                 .event<order_placed>("OrderPlaced")
                                 .event<order_line>("OrderLine")
                                 .event<order_ship_to>("OrderShipTo")
                                 .event<order_shipped>("OrderShipped");

// -- customers ------------------------------------------------------------------------------------

struct customer_registered {
  std::string name;
  std::vector<address> addresses;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(customer_registered, (), (name, addresses, email))

/// Without an email the former one stays.
struct customer_changed {
  std::string name;
  std::vector<address> addresses;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(customer_changed, (), (name, addresses, email))

struct customer {
  std::string name;
  std::vector<address> addresses;
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(customer, (), (name, addresses, email))

inline customer evolve(customer, const customer_registered& e) {
  return {e.name, e.addresses, e.email};
}

inline customer evolve(customer self, const customer_changed& e) {
  return {e.name, e.addresses, e.email ? e.email : self.email};
}

inline constexpr auto customers = cerk::aggregate<customer>("customer")
                                    .event<customer_registered>("CustomerRegistered")
                                    .event<customer_changed>("CustomerChanged");

} // namespace shop
