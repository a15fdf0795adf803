/// One description of a struct's fields gives its JSON encoder and both of its decoders.
///
/// Described types (Boost.Describe) are written directly and read with simdjson On-Demand; any
/// other type goes through its nlohmann/json conversions, only slower. Supported inside described
/// types: bool, integers, doubles, strings, described enums (by name), other enums (by number),
/// std::optional, sequences, string-keyed maps, described structs, nlohmann-convertible types.
#pragma once

#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace cerk {

/// The names of the fields of `T` that stored data may lack; they keep their member's default.
/// `template <> inline constexpr auto cerk::optional_fields<user> = cerk::fields("nickname");`
/// A `std::optional` member is optional without being named.
template <class T>
inline constexpr std::array<std::string_view, 0> optional_fields{};

/// See `optional_fields`.
template <class... Names>
constexpr std::array<std::string_view, sizeof...(Names)> fields(Names... names) {
  return {std::string_view{names}...};
}

} // namespace cerk

namespace cerk::detail {

namespace ondemand = simdjson::ondemand;

/// A value that cannot be read or written; `what()` names the field and what is wrong with it.
class codec_error : public std::runtime_error {
public:
  codec_error(std::string field, const std::string& text)
    : std::runtime_error(field.empty() ? text : "field '" + field + "': " + text),
      field_(std::move(field)) {
  }

  const std::string& field() const noexcept {
    return field_;
  }

private:
  std::string field_;
};

/// Where a decoder is, as a list on the stack: costs nothing until it has to be told.
struct path {
  const path* parent = nullptr;
  std::string_view name;
  std::size_t index = 0;

  std::string text() const;
};

[[noreturn]] void fail(const path& where, const std::string& text);

void write_string(std::string& out, std::string_view text, const path& where);
void write_double(std::string& out, double value, const path& where);

template <class Int>
void write_integer(std::string& out, Int value) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  out.append(buffer, end);
}

// -- kinds of types -------------------------------------------------------------------------------

template <class T>
concept described_struct
  = std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
concept described_enum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
struct is_std_optional : std::false_type {};
template <class T>
struct is_std_optional<std::optional<T>> : std::true_type {};

template <class T>
concept string_like = std::same_as<T, std::string>;

template <class T>
concept map_like = !string_like<T> && requires(T t) {
  typename T::key_type;
  typename T::mapped_type;
  requires std::same_as<typename T::key_type, std::string>;
  t.emplace(std::string{}, typename T::mapped_type{});
};

template <class T>
concept sequence_like = !string_like<T> && !map_like<T> && requires(T t) {
  typename T::value_type;
  t.begin();
  t.end();
  t.insert(t.end(), std::declval<typename T::value_type>());
};

template <class T>
concept nlohmann_convertible = requires(nlohmann::json j, const T& in, T& out) {
  nlohmann::json(in);
  j.get_to(out);
};

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public
                                                          | boost::describe::mod_inherited>;

template <class T>
struct codec_support;

/// Whether `T` can be stored.
template <class T>
inline constexpr bool is_encodable = codec_support<T>::value;

template <class T>
struct codec_support {
  static constexpr bool check() {
    if constexpr (std::is_arithmetic_v<T> || string_like<T> || std::is_enum_v<T>)
      return true;
    else if constexpr (described_struct<T>)
      return true;
    else if constexpr (is_std_optional<T>::value || sequence_like<T>)
      return codec_support<typename T::value_type>::value;
    else if constexpr (map_like<T>)
      return codec_support<typename T::mapped_type>::value;
    else
      return nlohmann_convertible<T>;
  }
  static constexpr bool value = check();
};

template <class T>
constexpr bool names_exist() {
  for (std::string_view name : optional_fields<T>) {
    bool found = false;
    boost::mp11::mp_for_each<members_of<T>>([&](auto d) { found = found || name == d.name; });
    if (!found)
      return false;
  }
  return true;
}

template <class T, class Member>
constexpr bool may_be_missing(std::string_view name) {
  if (is_std_optional<Member>::value)
    return true;
  for (std::string_view listed : optional_fields<T>)
    if (listed == name)
      return true;
  return false;
}

// -- encoding -------------------------------------------------------------------------------------

template <class T>
void encode(std::string& out, const T& value, const path& where);

/// Writes `"a":1,"b":2`: the fields without braces, so that an envelope can go before them.
template <described_struct T>
void encode_fields(std::string& out, const T& value, const path& where) {
  bool first = true;
  boost::mp11::mp_for_each<members_of<T>>([&](auto d) {
    if (!first)
      out += ',';
    first = false;
    out += '"';
    out += d.name; // a C++ identifier: nothing to escape
    out += "\":";
    encode(out, value.*d.pointer, path{&where, d.name});
  });
}

template <class T>
void encode(std::string& out, const T& value, const path& where) {
  if constexpr (std::same_as<T, bool>) {
    out += value ? "true" : "false";
  } else if constexpr (std::is_integral_v<T>) {
    write_integer(out, value);
  } else if constexpr (std::is_floating_point_v<T>) {
    write_double(out, static_cast<double>(value), where);
  } else if constexpr (string_like<T>) {
    write_string(out, value, where);
  } else if constexpr (described_enum<T>) {
    const char* name = boost::describe::enum_to_string(value, nullptr);
    if (name == nullptr)
      fail(where, "a number that its enum does not name");
    write_string(out, name, where);
  } else if constexpr (std::is_enum_v<T>) {
    write_integer(out, static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (is_std_optional<T>::value) {
    if (value)
      encode(out, *value, where);
    else
      out += "null";
  } else if constexpr (described_struct<T>) {
    out += '{';
    encode_fields(out, value, where);
    out += '}';
  } else if constexpr (map_like<T>) {
    out += '{';
    bool first = true;
    for (const auto& [key, mapped] : value) {
      if (!first)
        out += ',';
      first = false;
      write_string(out, key, where);
      out += ':';
      encode(out, mapped, path{&where, key});
    }
    out += '}';
  } else if constexpr (sequence_like<T>) {
    out += '[';
    std::size_t index = 0;
    for (const auto& element : value) {
      if (index > 0)
        out += ',';
      encode<typename T::value_type>(out, element, path{&where, {}, index});
      ++index;
    }
    out += ']';
  } else {
    try {
      out += nlohmann::json(value).dump();
    } catch (const nlohmann::json::exception& e) {
      fail(where, e.what());
    }
  }
}

// -- decoding with simdjson On-Demand -------------------------------------------------------------

template <class T>
void decode(ondemand::value value, T& out, const path& where);

/// Takes the value or says what stood there instead.
template <class T>
T take(simdjson::simdjson_result<T> taken, const path& where, const char* wanted) {
  T value;
  if (auto code = std::move(taken).get(value); code != simdjson::SUCCESS)
    fail(where, std::string{"expected "} + wanted + " (" + simdjson::error_message(code) + ")");
  return value;
}

template <class T>
struct field_reader {
  std::string_view name;
  bool may_be_missing;
  void (*read)(ondemand::value, T&, const path&);
};

template <class T, class Descriptor>
void read_member(ondemand::value value, T& out, const path& where) {
  decode(value, out.*Descriptor::pointer, where);
}

template <class T, class... Descriptors>
constexpr auto make_field_readers(boost::mp11::mp_list<Descriptors...>) {
  return std::array<field_reader<T>, sizeof...(Descriptors)>{field_reader<T>{
    Descriptors::name,
    may_be_missing<T, std::remove_cvref_t<decltype(std::declval<T&>().*Descriptors::pointer)>>(
      Descriptors::name),
    &read_member<T, Descriptors>}...};
}

template <class T>
inline constexpr auto field_readers
  = make_field_readers<T>(boost::mp11::mp_rename<members_of<T>, boost::mp11::mp_list>{});

/// The position inside an object that is being read once, front to back.
struct object_cursor {
  simdjson::simdjson_result<ondemand::object_iterator> next;
  simdjson::simdjson_result<ondemand::object_iterator> end;
};

/// Whether a raw key is `name`, and, where it has escapes, what it means.
inline bool key_is(const ondemand::raw_json_string& key, std::string_view name) noexcept {
  return key.unsafe_is_equal(name);
}

inline bool key_has_escape(const ondemand::raw_json_string& key) noexcept {
  for (const char* c = key.raw(); *c != '"'; ++c)
    if (*c == '\\')
      return true;
  return false;
}

/// Reads the rest of the object under `cursor` into `out`; fields it does not know are skipped.
/// Fields usually come in the order of their description, so that is tried first.
template <described_struct T>
void decode_fields(object_cursor& cursor, T& out, const path& where) {
  constexpr auto& readers = field_readers<T>;
  static_assert(readers.size() <= 64, "cerk reads structs of at most 64 fields");
  static_assert(names_exist<T>(),
                "cerk::optional_fields names a field that the struct does not have");
  std::uint64_t seen = 0;
  std::size_t guess = 0;
  for (; cursor.next != cursor.end; ++cursor.next) {
    ondemand::field field = take<ondemand::field>(*cursor.next, where, "a field");
    auto key = field.key();
    std::string_view unescaped;
    const bool escaped = key_has_escape(key);
    if (escaped)
      unescaped = take<std::string_view>(field.unescaped_key(), where, "a field name");
    for (std::size_t tried = 0; tried < readers.size(); ++tried) {
      std::size_t i = guess + tried;
      if (i >= readers.size())
        i -= readers.size();
      if (escaped ? unescaped == readers[i].name : key_is(key, readers[i].name)) {
        readers[i].read(field.value(), out, path{&where, readers[i].name});
        seen |= std::uint64_t{1} << i;
        guess = i + 1 < readers.size() ? i + 1 : 0;
        break;
      }
    }
  }
  for (std::size_t i = 0; i < readers.size(); ++i)
    if ((seen >> i & 1) == 0 && !readers[i].may_be_missing)
      fail(path{&where, readers[i].name}, "is missing");
}

template <class T>
void decode(ondemand::value value, T& out, const path& where) {
  if constexpr (std::same_as<T, bool>) {
    out = take<bool>(value.get_bool(), where, "true or false");
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    const auto wide = take<std::int64_t>(value.get_int64(), where, "an integer");
    if (!std::in_range<T>(wide))
      fail(where, "integer out of range");
    out = static_cast<T>(wide);
  } else if constexpr (std::is_integral_v<T>) {
    const auto wide = take<std::uint64_t>(value.get_uint64(), where, "a non-negative integer");
    if (!std::in_range<T>(wide))
      fail(where, "integer out of range");
    out = static_cast<T>(wide);
  } else if constexpr (std::is_floating_point_v<T>) {
    out = static_cast<T>(take<double>(value.get_double(), where, "a number"));
  } else if constexpr (string_like<T>) {
    out = take<std::string_view>(value.get_string(), where, "a string");
  } else if constexpr (described_enum<T>) {
    const auto name = take<std::string_view>(value.get_string(), where, "a name");
    if (!boost::describe::enum_from_string(std::string{name}.c_str(), out))
      fail(where, "unknown name '" + std::string{name} + "'");
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    decode(value, number, where);
    out = static_cast<T>(number);
  } else if constexpr (is_std_optional<T>::value) {
    if (take<ondemand::json_type>(value.type(), where, "a value") == ondemand::json_type::null) {
      out.reset();
    } else {
      decode(value, out.emplace(), where);
    }
  } else if constexpr (described_struct<T>) {
    auto object = take<ondemand::object>(value.get_object(), where, "an object");
    object_cursor cursor{object.begin(), object.end()};
    decode_fields(cursor, out, where);
  } else if constexpr (map_like<T>) {
    out.clear();
    auto object = take<ondemand::object>(value.get_object(), where, "an object");
    for (auto entry : object) {
      auto field = take<ondemand::field>(entry, where, "a field");
      std::string key{take<std::string_view>(field.unescaped_key(), where, "a field name")};
      typename T::mapped_type mapped{};
      decode(field.value(), mapped, path{&where, key});
      out.insert_or_assign(std::move(key), std::move(mapped));
    }
  } else if constexpr (sequence_like<T>) {
    out.clear();
    auto array = take<ondemand::array>(value.get_array(), where, "an array");
    std::size_t index = 0;
    for (auto entry : array) {
      const path here{&where, {}, index};
      typename T::value_type element{};
      decode(take<ondemand::value>(entry, here, "a value"), element, here);
      out.insert(out.end(), std::move(element));
      ++index;
    }
  } else {
    const auto text = take<std::string_view>(simdjson::to_json_string(value), where, "a value");
    try {
      nlohmann::json::parse(text).get_to(out);
    } catch (const nlohmann::json::exception& e) {
      fail(where, e.what());
    }
  }
}

// -- decoding from nlohmann/json ------------------------------------------------------------------

template <class T>
void decode(const nlohmann::json& value, T& out, const path& where) {
  if constexpr (std::same_as<T, bool>) {
    if (!value.is_boolean())
      fail(where, std::string{"expected true or false, found "} + value.type_name());
    out = value.get<bool>();
  } else if constexpr (std::is_integral_v<T>) {
    if (!value.is_number_integer())
      fail(where, std::string{"expected an integer, found "} + value.type_name());
    const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                                 : std::in_range<T>(value.get<std::int64_t>());
    if (!fits)
      fail(where, "integer out of range");
    out = value.get<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    if (!value.is_number())
      fail(where, std::string{"expected a number, found "} + value.type_name());
    out = value.get<T>();
  } else if constexpr (string_like<T>) {
    if (!value.is_string())
      fail(where, std::string{"expected a string, found "} + value.type_name());
    out = value.get_ref<const std::string&>();
  } else if constexpr (described_enum<T>) {
    if (!value.is_string())
      fail(where, std::string{"expected a name, found "} + value.type_name());
    const auto& name = value.get_ref<const std::string&>();
    if (!boost::describe::enum_from_string(name.c_str(), out))
      fail(where, "unknown name '" + name + "'");
  } else if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    decode(value, number, where);
    out = static_cast<T>(number);
  } else if constexpr (is_std_optional<T>::value) {
    if (value.is_null())
      out.reset();
    else
      decode(value, out.emplace(), where);
  } else if constexpr (described_struct<T>) {
    static_assert(names_exist<T>(),
                  "cerk::optional_fields names a field that the struct does not have");
    if (!value.is_object())
      fail(where, std::string{"expected an object, found "} + value.type_name());
    boost::mp11::mp_for_each<members_of<T>>([&](auto d) {
      using member = std::remove_cvref_t<decltype(out.*d.pointer)>;
      const path here{&where, d.name};
      if (auto found = value.find(d.name); found != value.end())
        decode(*found, out.*d.pointer, here);
      else if (!may_be_missing<T, member>(d.name))
        fail(here, "is missing");
    });
  } else if constexpr (map_like<T>) {
    if (!value.is_object())
      fail(where, std::string{"expected an object, found "} + value.type_name());
    out.clear();
    for (const auto& [key, entry] : value.items()) {
      typename T::mapped_type mapped{};
      decode(entry, mapped, path{&where, key});
      out.insert_or_assign(key, std::move(mapped));
    }
  } else if constexpr (sequence_like<T>) {
    if (!value.is_array())
      fail(where, std::string{"expected an array, found "} + value.type_name());
    out.clear();
    std::size_t index = 0;
    for (const auto& entry : value) {
      typename T::value_type element{};
      decode(entry, element, path{&where, {}, index});
      out.insert(out.end(), std::move(element));
      ++index;
    }
  } else {
    try {
      value.get_to(out);
    } catch (const nlohmann::json::exception& e) {
      fail(where, e.what());
    }
  }
}

} // namespace cerk::detail
