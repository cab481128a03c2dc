#include "common/values.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>

namespace common {
namespace {

Error bad_int(std::string_view text) {
  return {Errc::bad_number, "invalid literal for int() with base 10: '" + std::string{text} + "'"};
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Result<bool> parse_bool(std::string_view text) {
  const std::string word = lower(text);
  if (word == "yes" || word == "true" || word == "on" || word == "1") return true;
  if (word == "no" || word == "false" || word == "off" || word == "0") return false;
  return Error{Errc::bad_boolean, "not a valid boolean value: '" + std::string{text} + "'"};
}

Result<std::int64_t> parse_int(std::string_view text) {
  std::string_view rest = trim(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  std::string digits;
  bool underscore_allowed = false;
  for (const char c : rest) {
    if (c == '_' && underscore_allowed) {
      underscore_allowed = false;
      continue;
    }
    if (c < '0' || c > '9') return bad_int(text);
    digits += c;
    underscore_allowed = true;
  }
  if (!underscore_allowed) return bad_int(text);
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (ec != std::errc{})
    return Error{Errc::bad_number, "out of range: '" + std::string{text} + "'"};
  return negative ? -value : value;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::string word = lower(trim(text));
  std::uint64_t factor = 1;
  std::string_view number = word;
  for (const auto& [suffix, bytes] :
       {std::pair{"kb", 1ULL << 10}, {"mb", 1ULL << 20}, {"gb", 1ULL << 30}}) {
    if (!word.ends_with(suffix)) continue;
    factor = bytes;
    number.remove_suffix(2);
  }
  const auto value = parse_int(number);
  if (!value) return bad_int(factor == 1 ? std::string_view{word} : trim(number));
  if (*value < 0)
    return Error{Errc::bad_number, "a size cannot be negative: '" + std::string{text} + "'"};
  const auto count = static_cast<std::uint64_t>(*value);
  if (count > std::numeric_limits<std::int64_t>::max() / factor) {
    return Error{Errc::bad_number, "out of range: '" + std::string{text} + "'"};
  }
  return count * factor;
}

Result<mode_t> parse_octal(std::string_view text) {
  std::string_view digits = trim(text);
  if (digits.starts_with("0o") || digits.starts_with("0O")) digits.remove_prefix(2);
  unsigned value = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  if (digits.empty() || ec != std::errc{} || end != digits.data() + digits.size() ||
      value > 07777) {
    return Error{Errc::bad_number, std::string{text} + " can not be converted to an octal type"};
  }
  return static_cast<mode_t>(value);
}

Result<std::vector<int>> parse_exit_codes(std::string_view text) {
  std::vector<int> codes;
  for (const auto& word : parse_list(text)) {
    const auto code = parse_int(word);
    if (!code || *code < 0 || *code > 255) {
      return Error{Errc::bad_value, "not a valid list of exit codes: '" + std::string{text} + "'"};
    }
    codes.push_back(static_cast<int>(*code));
  }
  return codes;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    if (const auto word = trim(text.substr(0, end)); !word.empty()) out.emplace_back(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace common
