/// Orders and customers, folded by hand: straight from the JSON into the state, no event between.
#pragma once

#include "fold.hpp"
#include "orders.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <utility>
#include <vector>

namespace bench {

/// Trusts every record to be in effect and undamaged, and fields to stand in their usual order.
class orders_fold {
public:
  void operator()(std::string_view id, std::string_view event) {
    auto fields = reader_.read(event);
    const auto type = string_of(fields.find_field("type"));
    if (type.starts_with("Order"))
      fold_order(find_or_add(orders_, id), type, fields);
    else
      fold_customer(find_or_add(customers_, id), type, fields);
  }

  std::size_t size() const {
    return orders_.size() + customers_.size();
  }

  /// Calls `see(id, type, version, state)` for each, with the state as JSON text.
  template <class F>
  void for_each(F&& see) const {
    for (const auto& [id, one] : orders_) {
      const auto& [order, version] = one;
      const json state{{"customer", order.customer},
                       {"ship_to", to_json(order.ship_to)},
                       {"lines", to_json(order.lines)},
                       {"coupon", to_json(order.coupon)},
                       {"status", order.status == shop::order_status::open ? "open" : "shipped"},
                       {"parcels", order.parcels},
                       {"tracking", to_json(order.tracking)}};
      see(id, "order", version, state.dump());
    }
    for (const auto& [id, one] : customers_) {
      const auto& [customer, version] = one;
      const json state{{"name", customer.name},
                       {"addresses", to_json(customer.addresses)},
                       {"email", to_json(customer.email)}};
      see(id, "customer", version, state.dump());
    }
  }

private:
  using json = nlohmann::ordered_json;
  using found_value = simdjson::simdjson_result<ondemand::value>;

  template <class State>
  struct versioned {
    State state;
    std::uint64_t version = 0;
  };

  // -- events -------------------------------------------------------------------------------------

  static void fold_order(versioned<shop::order>& one, std::string_view type,
                         ondemand::object& fields) {
    auto& order = one.state;
    ++one.version;
    if (type == "OrderLine") {
      const std::uint64_t position = fields.find_field("position");
      if (position >= order.lines.size())
        order.lines.emplace_back();
      read(fields.find_field("line"), order.lines[std::min(position, order.lines.size() - 1)]);
    } else if (type == "OrderShipTo") {
      read(fields.find_field("ship_to"), order.ship_to);
    } else if (type == "OrderShipped") {
      order.status = shop::order_status::shipped;
      read(fields.find_field("parcels"), order.parcels);
      read(fields.find_field("tracking"), order.tracking);
    } else if (type == "OrderPlaced") {
      order = {};
      read(fields.find_field("customer"), order.customer);
      read(fields.find_field("ship_to"), order.ship_to);
      read(fields.find_field("lines"), order.lines);
      read(fields.find_field("coupon"), order.coupon);
    } else {
      throw std::runtime_error("unknown event type");
    }
  }

  static void fold_customer(versioned<shop::customer>& one, std::string_view type,
                            ondemand::object& fields) {
    if (type != "CustomerRegistered" && type != "CustomerChanged")
      throw std::runtime_error("unknown event type");
    auto& customer = one.state;
    ++one.version;
    read(fields.find_field("name"), customer.name);
    read(fields.find_field("addresses"), customer.addresses);
    if (auto email = fields.find_field("email"); type == "CustomerRegistered" || is_there(email))
      read(email, customer.email);
  }

  // -- from JSON, into what is there already ------------------------------------------------------

  static bool is_there(found_value& value) {
    return value.error() != simdjson::NO_SUCH_FIELD && !value.is_null();
  }

  static void read(found_value value, std::string& to) {
    to = string_of(value);
  }

  static void read(found_value value, std::optional<std::string>& to) {
    if (is_there(value))
      to = string_of(value);
    else
      to.reset();
  }

  static void read(found_value value, shop::address& to) {
    ondemand::object fields = value.get_object();
    read(fields.find_field("street"), to.street);
    read(fields.find_field("city"), to.city);
    read(fields.find_field("note"), to.note);
  }

  static void read(found_value value, shop::line& to) {
    ondemand::object fields = value.get_object();
    read(fields.find_field("sku"), to.sku);
    const std::uint64_t quantity = fields.find_field("quantity");
    to.quantity = static_cast<std::uint32_t>(quantity);
    to.cents = fields.find_field("cents");
    read(fields.find_field("tags"), to.tags);
  }

  template <class T>
  static void read(found_value value, std::vector<T>& to) {
    std::size_t count = 0;
    for (auto element : value.get_array()) {
      if (count == to.size())
        to.emplace_back();
      read(element, to[count++]);
    }
    to.resize(count);
  }

  // -- to JSON ------------------------------------------------------------------------------------

  static json to_json(const std::optional<std::string>& text) {
    return text ? json(*text) : json(nullptr);
  }

  static json to_json(const shop::address& from) {
    return {{"street", from.street}, {"city", from.city}, {"note", to_json(from.note)}};
  }

  static json to_json(const shop::line& from) {
    return {
      {"sku", from.sku}, {"quantity", from.quantity}, {"cents", from.cents}, {"tags", from.tags}};
  }

  template <class T>
  static json to_json(const std::vector<T>& from) {
    auto made = json::array();
    for (const auto& element : from)
      made.push_back(to_json(element));
    return made;
  }

  json_reader reader_;
  id_map<versioned<shop::order>> orders_;
  id_map<versioned<shop::customer>> customers_;
};

} // namespace bench
