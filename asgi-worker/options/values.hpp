// How a value's text becomes a field of Options, and back. For the rows of table.cpp and known.cpp.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "asgi-worker/options/table.hpp"

namespace asgi_worker::options {

// take(field, value): what is wrong with the value, or "".
std::string take(std::string& field, const std::string& value);
std::string take(int& field, const std::string& value);  // whole, not negative
std::string take(std::int64_t& field, const std::string& value);
std::string take(double& field, const std::string& value);  // not negative
std::string take(bool& field, const std::string& value);    // what click takes
/// "1.5", and with a unit "1500ms", "5s", "2m", "1h", "1d".
std::string take(Seconds& field, const std::string& value);
/// Octal, with "0o" before it or without.
std::string take(Mode& field, const std::string& value);
std::string take(std::vector<std::string>& field, const std::string& value);

std::string text(const std::string& field);
std::string text(int field);
std::string text(std::int64_t field);
std::string text(double field);
std::string text(bool field);
std::string text(Seconds field);
std::string text(Mode field);                             // "022"
std::string text(const std::vector<std::string>& field);  // one a line

template <class T>
std::string take(std::optional<T>& field, const std::string& value) {
  T inner{};
  std::string problem = take(inner, value);
  if (problem.empty()) field = std::move(inner);
  return problem;
}

template <class T>
std::string text(const std::optional<T>& field) {
  return field ? text(*field) : "";
}

/// The row completed with the member that it fills.
template <auto Member>
constexpr Row row(Row known) {
  known.set = [](Options& options, const std::string& value) {
    return take(options.*Member, value);
  };
  known.get = [](const Options& options) { return text(options.*Member); };
  return known;
}

/// One word of a space-separated list, by turns.
template <class Visit>
void each_word(std::string_view words, Visit visit) {
  while (!words.empty()) {
    const auto space = words.find(' ');
    visit(words.substr(0, space));
    words = space == std::string_view::npos ? std::string_view{} : words.substr(space + 1);
  }
}

std::string lower(std::string text);

}  // namespace asgi_worker::options
