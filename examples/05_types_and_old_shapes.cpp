// Several aggregate types in one store, and events that were stored before the program grew up.
#include <cerk/cerk.hpp>

#include "users.hpp"

#include <iostream>

namespace shop {

struct basket {
  std::vector<std::string> items;
  std::string note;
};
struct item_added {
  std::string item, note = "no note";
};
struct add_item {
  std::string item, note;
};
BOOST_DESCRIBE_STRUCT(basket, (), (items, note))
BOOST_DESCRIBE_STRUCT(item_added, (), (item, note))
BOOST_DESCRIBE_STRUCT(add_item, (), (item, note))

basket evolve(basket self, const item_added& e) {
  self.items.push_back(e.item);
  return {std::move(self.items), e.note};
}
cerk::decision<item_added> decide(const basket&, const add_item& c) {
  return item_added{c.item, c.note};
}

// Long ago an item was a product's number.
nlohmann::json from_number(nlohmann::json stored) {
  stored["item"] = "product " + std::to_string(stored.at("number").get<int>());
  return stored;
}

} // namespace shop

// The first events had no note: they get the member's default. Without this line they would be
// quarantined, because a missing field is an error.
template <>
inline constexpr auto cerk::optional_fields<shop::item_added> = cerk::fields("note");

inline constexpr auto baskets
  = cerk::aggregate<shop::basket>("basket")
      .event<shop::item_added>("ItemAdded", "ArticleAdded") // written as the first, read as both
      .upcast("ProductAdded", shop::from_number)            // another shape, read as today's
      .command<shop::add_item>("AddItem");

int main() {
  cerk::sqlite_provider store{{.path = "shop.db"}};
  // What earlier versions of this program left behind.
  cerk::send_events(store, {{"b-1", "ProductAdded", R"({"number":7})"},
                            {"b-1", "ArticleAdded", R"({"item":"tea"})"},
                            {"b-1", "ItemAdded", R"({"item":"milk","note":"cold","from":"web"})"}})
    .value();
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::repository repo{sys, store, baskets, example::users};

  const auto show = [&] {
    const auto b = repo.of(baskets).get("b-1").value();
    std::cout << "version " << b.version.value << ':';
    for (const auto& item : b.state.items)
      std::cout << ' ' << item << ',';
    std::cout << " note: " << b.state.note << '\n';
  };
  show();
  std::cout << to_string(repo.of(baskets).send("b-1", shop::add_item{"cups", "two"})) << '\n';
  show();

  // An id belongs to the type of its first event.
  std::cout << to_string(repo.of(example::users).send("ada", example::create_user{"Ada", "Byron"}))
            << '\n';
  std::cout << to_string(repo.of(example::users).send("b-1", example::create_user{"Eve", "X"}))
            << '\n';
}
