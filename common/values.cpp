#include "common/values.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "common/repr.hpp"
#include "common/signals.hpp"

namespace common {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v\x1c\x1d\x1e\x1f";

/// The digits of an integer as Python's int(text, base) takes them, or none.
struct Digits {
  bool valid = false;
  bool overflow = false;
  std::int64_t value = 0;
};

Digits digits_of(std::string_view text, int base) {
  text = trimmed(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  bool after_digit = false;
  if (base == 8 && (text.starts_with("0o") || text.starts_with("0O"))) {
    text.remove_prefix(2);
    after_digit = true;  // "0o_17" is good
  }
  if (text.empty() || text.back() == '_') return {};
  Digits digits{.valid = true};
  for (const char c : text) {
    if (c == '_' && after_digit) {
      after_digit = false;
      continue;
    }
    if (c < '0' || c >= '0' + base) return {};
    after_digit = true;
    digits.overflow |= __builtin_mul_overflow(digits.value, base, &digits.value);
    digits.overflow |= negative ? __builtin_sub_overflow(digits.value, c - '0', &digits.value)
                                : __builtin_add_overflow(digits.value, c - '0', &digits.value);
  }
  return digits;
}

Error bad_integer(std::string_view text) {
  return {Errc::bad_number, "invalid literal for int() with base 10: " + repr(text)};
}

Error out_of_range(std::string_view text) {
  return {Errc::bad_number, "out of range: " + repr(text)};
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  if (text.empty()) return items;
  for (;;) {
    const std::size_t comma = text.find(',');
    items.emplace_back(trimmed(text.substr(0, comma)));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

Result<bool> parse_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 4> truths{"yes", "true", "on", "1"};
  constexpr std::array<std::string_view, 4> untruths{"no", "false", "off", "0"};
  const std::string lower = lower_case(text);
  if (std::find(truths.begin(), truths.end(), lower) != truths.end()) return true;
  if (std::find(untruths.begin(), untruths.end(), lower) != untruths.end()) return false;
  return Error{Errc::bad_boolean, "not a valid boolean value: " + repr(text)};
}

Result<std::int64_t> parse_integer(std::string_view text) {
  const Digits digits = digits_of(text, 10);
  if (!digits.valid) return bad_integer(text);
  if (digits.overflow) return out_of_range(text);
  return digits.value;
}

Result<int> parse_int(std::string_view text) {
  const auto value = parse_integer(text);
  if (!value) return value.error();
  if (*value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max()) {
    return out_of_range(text);
  }
  return static_cast<int>(*value);
}

Result<std::chrono::seconds> parse_seconds(std::string_view text) {
  // An int's worth: 68 years, which no clock's arithmetic overflows at.
  const auto value = parse_int(text);
  if (!value) return value.error();
  return std::chrono::seconds{*value};
}

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  struct Unit {
    std::string_view suffix;
    std::int64_t bytes;
  };
  constexpr Unit units[] = {{"kb", 1024}, {"mb", 1024 * 1024}, {"gb", 1024 * 1024 * 1024}};
  std::string number = lower_case(text);
  std::int64_t scale = 1;
  for (const Unit& unit : units) {
    if (!number.ends_with(unit.suffix)) continue;
    number.resize(number.size() - unit.suffix.size());
    scale = unit.bytes;
    break;
  }
  const auto count = parse_integer(number);
  if (!count) return count.error();
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(*count, scale, &bytes)) return out_of_range(text);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0));
}

Result<mode_t> parse_octal(std::string_view text) {
  const Digits digits = digits_of(text, 8);
  if (!digits.valid || digits.overflow || digits.value < 0 || digits.value > 07777) {
    return Error{Errc::bad_number, std::string{text} + " can not be converted to an octal type"};
  }
  return static_cast<mode_t>(digits.value);
}

Result<int> parse_signal(std::string_view text) {
  const Digits digits = digits_of(text, 10);
  if (!digits.valid) {
    const auto number = signal_number(trimmed(text));
    if (!number) {
      return Error{Errc::bad_value, "value " + repr(text) + " is not a valid signal name"};
    }
    return *number;
  }
  // 0 asks whether the process is there; Supervisor takes it for a signal too.
  if (digits.overflow || digits.value < 0 || digits.value > 64 ||
      (digits.value != 0 && !is_named_signal(static_cast<int>(digits.value)))) {
    return Error{Errc::bad_value, "value " + repr(text) + " is not a valid signal number"};
  }
  return static_cast<int>(digits.value);
}

Result<std::vector<int>> parse_exit_codes(std::string_view text) {
  std::vector<int> codes;
  for (const std::string& item : split_list(text)) {
    const auto code = parse_int(item);
    if (!code || *code < 0 || *code > 255) {
      return Error{Errc::bad_value, "not a valid list of exit codes: " + repr(text)};
    }
    codes.push_back(*code);
  }
  return codes;
}

Result<std::string> parse_name(std::string_view text) {
  const std::string_view name = trimmed(text);
  const std::size_t bad = name.find_first_of(" :/");
  if (bad != std::string_view::npos) {
    return Error{Errc::bad_name, "Invalid name: " + repr(name) +
                                     " because of character: " + repr(name.substr(bad, 1))};
  }
  return std::string{name};
}

Result<std::uint16_t> parse_port(std::string_view text) {
  const auto value = parse_integer(text);
  if (!value) return value.error();
  if (*value < 1) {
    return Error{Errc::bad_number, std::to_string(*value) + " is below lower bound (1)"};
  }
  if (*value > 65535) {
    return Error{Errc::bad_number, std::to_string(*value) + " is above upper bound (65535)"};
  }
  return static_cast<std::uint16_t>(*value);
}

}  // namespace common
