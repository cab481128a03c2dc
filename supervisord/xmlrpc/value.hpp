// A value as XML-RPC has them. Pure. Source: XML-RPC specification, 1999.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace supervisord::xmlrpc {

struct Value;
/// A template only so that vectors of it can be named before Value is complete.
template <class T>
struct Named {
  std::string name;
  T value;
};
using Member = Named<Value>;
using Array = std::vector<Value>;
using Struct = std::vector<Member>;  // in the order in which they are written
struct DateTime {
  std::string text;  // as it came
};
struct Bytes {
  std::string bytes;  // base64
};

struct Value {
  using Variant =
      std::variant<std::string, std::int64_t, bool, double, DateTime, Bytes, Array, Struct>;

  Value() = default;
  Value(std::string text) : is{std::move(text)} {}
  Value(std::string_view text) : is{std::string{text}} {}
  Value(const char* text) : is{std::string{text}} {}
  Value(std::int64_t number) : is{number} {}
  Value(int number) : is{std::int64_t{number}} {}
  Value(bool truth) : is{truth} {}
  Value(double number) : is{number} {}
  Value(DateTime at) : is{std::move(at)} {}
  Value(Bytes bytes) : is{std::move(bytes)} {}
  Value(Array array) : is{std::move(array)} {}
  Value(Struct members) : is{std::move(members)} {}

  template <class T>
  const T* get() const {
    return std::get_if<T>(&is);
  }
  /// The member of that name, when this is a struct that has one.
  const Value* member(std::string_view name) const;

  Variant is;
};

inline const Value* Value::member(std::string_view name) const {
  const auto* const members = get<Struct>();
  if (members == nullptr) return nullptr;
  for (const Member& each : *members) {
    if (each.name == name) return &each.value;
  }
  return nullptr;
}

}  // namespace supervisord::xmlrpc
