/// A second domain: orders and customers in one store, with nested, optional and array fields.
#pragma once

#include <cerk/cerk.hpp>

#include "orders.hpp"
#include "orders_fold.hpp"
#include "shapes.hpp"

#include <memory>
#include <utility>

namespace bench {

struct orders_domain {
  using fold = orders_fold;

  /// Event `number` of a store. Four of five aggregates are orders, the fifth is a customer.
  static cerk::new_event make_event(const shape& of, std::uint64_t number) {
    const auto at = place_of(of, number);
    auto [type, fields] = at.aggregate % 5 == 4 ? customer_event(at.ordinal, number)
                                                : order_event(at, number);
    return {.aggregate_id = id_of(at.aggregate), .type = std::move(type), .fields = fields.dump()};
  }

  static std::unique_ptr<cerk::repository> open(caf::actor_system& system, cerk::provider& store,
                                                cerk::repository_options options) {
    return std::make_unique<cerk::repository>(system, store, std::move(options), shop::orders,
                                              shop::customers);
  }

private:
  using json = nlohmann::ordered_json;
  using named_event = std::pair<std::string, json>;

  // An optional field is there, is null, or is missing, by turns.
  static void add_optional(json& to, const char* name, std::uint64_t number) {
    if (number % 3 == 0)
      to[name] = std::string{name} + ' ' + std::to_string(number);
    else if (number % 3 == 1)
      to[name] = nullptr;
  }

  static json address(std::uint64_t number) {
    json made{{"street", std::to_string(number % 997) + " Main Street"},
              {"city", "City " + std::to_string(number % 4'999)}};
    add_optional(made, "note", number);
    return made;
  }

  static json line(std::uint64_t number) {
    json tags = json::array();
    for (std::uint64_t i = 0; i < number % 3; ++i)
      tags.push_back("tag " + std::to_string(number % 11 + i));
    return {{"sku", "sku-" + std::to_string(number % 8'191)},
            {"quantity", 1 + number % 9},
            {"cents", number % 20'011},
            {"tags", std::move(tags)}};
  }

  static named_event order_event(place at, std::uint64_t number) {
    if (at.ordinal == 0) {
      json placed{{"customer", id_of(at.aggregate / 5 * 5 + 4)},
                  {"ship_to", address(number)},
                  {"lines", {line(number), line(number + 1)}}};
      add_optional(placed, "coupon", number);
      return {"OrderPlaced", std::move(placed)};
    }
    if (at.ordinal % 4 == 1)
      return {"OrderShipTo", {{"ship_to", address(number)}}};
    if (at.ordinal % 4 != 2)
      return {"OrderLine", {{"position", at.ordinal % 5}, {"line", line(number)}}};
    json shipped{
      {"parcels", {"parcel " + std::to_string(number), "parcel " + std::to_string(~number)}}};
    add_optional(shipped, "tracking", number);
    return {"OrderShipped", std::move(shipped)};
  }

  static named_event customer_event(std::uint64_t ordinal, std::uint64_t number) {
    json addresses = json::array();
    for (std::uint64_t i = 0; i < number % 3; ++i)
      addresses.push_back(address(number + i));
    json fields{{"name", "Name \"" + std::to_string(number) + '"'},
                {"addresses", std::move(addresses)}};
    add_optional(fields, "email", number);
    return {ordinal == 0 ? "CustomerRegistered" : "CustomerChanged", std::move(fields)};
  }
};

} // namespace bench
