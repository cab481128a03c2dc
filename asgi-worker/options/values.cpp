#include "asgi-worker/options/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "common/values.hpp"

namespace asgi_worker::options {
namespace {

struct Number {
  double value = 0;
  std::string_view rest;  // what stands after it
};

std::optional<Number> number(std::string_view value) {
  Number read;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, read.value);
  if (error != std::errc{} || !(read.value < 1e9)) return std::nullopt;
  read.rest = {end, static_cast<std::size_t>(last - end)};
  return read;
}

template <class Number>
std::string take_whole(Number& field, const std::string& value) {
  Number read = 0;
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, read);
  if (error != std::errc{} || end != last) return "is not a whole number";
  if (read < 0) return "is negative";
  field = read;
  return {};
}

double unit(std::string_view name) {
  if (name.empty() || name == "s") return 1;
  if (name == "ms") return 0.001;
  if (name == "m") return 60;
  if (name == "h") return 3600;
  if (name == "d") return 86400;
  return 0;
}

}  // namespace

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return text;
}

std::string take(std::string& field, const std::string& value) {
  field = value;
  return {};
}

std::string take(int& field, const std::string& value) { return take_whole(field, value); }
std::string take(std::int64_t& field, const std::string& value) { return take_whole(field, value); }

std::string take(double& field, const std::string& value) {
  const auto read = number(value);
  if (!read || !read->rest.empty()) return "is not a number";
  if (read->value < 0) return "is negative";
  field = read->value;
  return {};
}

std::string take(bool& field, const std::string& value) {
  const auto word = lower(value);
  for (const char* const yes : {"1", "true", "t", "yes", "y", "on"})
    if (word == yes) return field = true, "";
  for (const char* const no : {"0", "false", "f", "no", "n", "off", ""})
    if (word == no) return field = false, "";
  return "is neither true nor false";
}

std::string take(Seconds& field, const std::string& value) {
  const auto read = number(value);
  const double factor = read ? unit(read->rest) : 0;
  if (factor == 0) return "is not a number of seconds";
  if (read->value < 0) return "is negative";
  field = Seconds{read->value * factor};
  return {};
}

std::string take(Mode& field, const std::string& value) {
  const bool is_marked = value.starts_with("0o") || value.starts_with("0O");
  const auto bits = common::parse_octal(std::string_view{value}.substr(is_marked ? 2 : 0));
  if (!bits || *bits > 0777) return "is not a mode in octal";
  field = {*bits};
  return {};
}

std::string take(std::vector<std::string>& field, const std::string& value) {
  field.push_back(value);
  return {};
}

std::string text(const std::string& field) { return field; }
std::string text(int field) { return std::to_string(field); }
std::string text(std::int64_t field) { return std::to_string(field); }
std::string text(bool field) { return field ? "true" : "false"; }
std::string text(double field) {
  std::array<char, 32> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), field).ptr;
  return {buffer.data(), end};
}
std::string text(Seconds field) { return text(field.count()); }
std::string text(Mode field) {
  std::array<char, 8> buffer{'0'};
  const auto end =
      std::to_chars(buffer.data() + 1, buffer.data() + buffer.size(), field.bits, 8).ptr;
  return {buffer.data(), end};
}
std::string text(const std::vector<std::string>& field) {
  std::string lines;
  for (const auto& value : field) lines.append(lines.empty() ? "" : "\n").append(value);
  return lines;
}

}  // namespace asgi_worker::options
