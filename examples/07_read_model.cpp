// The read side: users by last name, in a database of its own that survives restarts.
//
//     07_read_model                               writes and follows a store of its own, and checks
//     07_read_model kafka:TOPIC -b HOST:PORT      follows the topic that cerk-writer serves
#include <cerk/cerk.hpp>

#include "users.hpp"

#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <iostream>
#include <stdexcept>

using namespace std::chrono_literals;

// Who is called what, and how far the log was read: both in one database, so that one transaction
// can change both. That is the whole secret of a read model that misses nothing and doubles
// nothing.
class users_by_last_name {
public:
  explicit users_by_last_name(const char* path) {
    check(sqlite3_open(path, &db_));
    query("CREATE TABLE IF NOT EXISTS users(id TEXT PRIMARY KEY, last_name TEXT NOT NULL,"
          " first_name TEXT NOT NULL, version INTEGER NOT NULL) STRICT");
    query("CREATE INDEX IF NOT EXISTS by_last_name ON users(last_name, first_name)");
    query("CREATE TABLE IF NOT EXISTS progress(only INTEGER PRIMARY KEY CHECK(only = 1),"
          " position TEXT NOT NULL) STRICT");
  }
  users_by_last_name(const users_by_last_name&) = delete;
  users_by_last_name& operator=(const users_by_last_name&) = delete;
  ~users_by_last_name() {
    sqlite3_close(db_);
  }

  // Where to go on; at first, the start.
  cerk::reader_position position() {
    const auto saved = query("SELECT position FROM progress");
    return saved.empty() ? cerk::reader_position{} : cerk::reader_position::parse(saved[0]).value();
  }

  void apply(const cerk::event_batch& batch) {
    query("BEGIN IMMEDIATE");
    try {
      for (const auto& event : batch.events)
        apply(event);
      query("INSERT OR REPLACE INTO progress VALUES(1, ?)", {to_string(batch.position)});
      query("COMMIT");
    } catch (...) {
      query("ROLLBACK");
      throw;
    }
  }

  std::vector<std::string> called(const std::string& last_name) {
    return query("SELECT first_name || ' ' || last_name || ', version ' || version FROM users"
                 " WHERE last_name = ? ORDER BY first_name",
                 {last_name});
  }

private:
  void apply(const cerk::stored_event& event) {
    if (event.type != "UserCreatedEvent" && event.type != "UserModifiedEvent")
      return; // of another aggregate
    const auto user = nlohmann::json::parse(event.value);
    // An event is applied to the version before it. If it were not there, or were there twice, this
    // would show it; nothing else in a read model has to.
    const auto before = query("SELECT version FROM users WHERE id = ?", {event.key});
    if (std::to_string(event.version.value - 1) != (before.empty() ? "0" : before[0]))
      throw std::runtime_error(event.id() + " does not follow what was applied");
    query("INSERT OR REPLACE INTO users VALUES(?, ?, ?, ?)",
          {event.key, user.at("last_name"), user.at("first_name"),
           std::to_string(event.version.value)});
  }

  // The first column.
  std::vector<std::string> query(const std::string& sql, std::vector<std::string> values = {}) {
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(db_, sql.c_str(), -1, &made, nullptr));
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement{made,
                                                                               sqlite3_finalize};
    int at = 0;
    for (const auto& value : values)
      check(
        sqlite3_bind_text64(made, ++at, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8));
    std::vector<std::string> rows;
    int code = sqlite3_step(made);
    for (; code == SQLITE_ROW; code = sqlite3_step(made)) {
      const std::string_view column{static_cast<const char*>(sqlite3_column_blob(made, 0)),
                                    static_cast<std::size_t>(sqlite3_column_bytes(made, 0))};
      rows.emplace_back(column);
    }
    check(code == SQLITE_DONE ? SQLITE_OK : code);
    return rows;
  }

  void check(int code) const {
    if (code != SQLITE_OK)
      throw std::runtime_error(sqlite3_errmsg(db_));
  }

  sqlite3* db_ = nullptr;
};

// From where the model is to the present end of the log; with `and_on`, for ever.
void follow(cerk::provider& store, users_by_last_name& model, bool and_on) {
  const auto following = cerk::reader::open(store, {.position = model.position()}).value();
  do {
    const auto batch = following->next(1s);
    if (!batch && batch.error().advice() == cerk::retry::later) {
      std::cerr << to_string(batch.error()) << '\n'; // the cluster is away: nothing is lost
      continue;
    }
    if (batch.value().events.empty())
      continue;
    model.apply(*batch);
    for (const auto& event : batch->events)
      std::cout << event.id() << ": " << event.key << ", version " << event.version.value
                << std::endl;
  } while (and_on || !following->has_caught_up());
}

// Both services in one process, with a restart of the read side between.
int show() {
  using namespace example;
  cerk::actor_system_config cfg;
  caf::actor_system sys{cfg};
  cerk::sqlite_provider store{{.path = "users.db"}};
  cerk::repository repo{sys, store, users};
  const auto all = repo.of(users);
  {
    users_by_last_name model{"by_last_name.db"};
    std::cout << to_string(all.send("ada", create_user{"Ada", "Byron"})) << '\n'
              << to_string(all.send("george", create_user{"George", "Byron"})) << '\n';
    follow(store, model, false);
    if (model.called("Byron").size() != 2)
      return 1;
  }
  // While nobody reads.
  std::cout << to_string(all.send("ada", update_user{"Ada", "Lovelace"})) << '\n';
  users_by_last_name model{"by_last_name.db"};
  follow(store, model, false);
  for (const auto* last_name : {"Byron", "Lovelace"})
    for (const auto& found : model.called(last_name))
      std::cout << last_name << ": " << found << '\n';
  return model.called("Byron").size() == 1 && model.called("Lovelace").size() == 1 ? 0 : 1;
}

int main(int argc, char** argv) {
  const std::vector<std::string> args{argv + 1, argv + argc};
  constexpr std::string_view kafka = "kafka:";
  if (!args.empty() && (args.size() != 3 || !args[0].starts_with(kafka) || args[1] != "-b")) {
    std::cerr << "usage: 07_read_model [kafka:TOPIC -b HOST:PORT]\n";
    return 2;
  }
  try {
    if (args.empty())
      return show();
    cerk::kafka_provider store{{.brokers = args[2], .topic = args[0].substr(kafka.size())}};
    users_by_last_name model{"by_last_name.db"};
    follow(store, model, true); // stop it whenever you like: it goes on where it was
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
}
