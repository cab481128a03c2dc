#include "asgi-worker/http/fields.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace asgi_worker::http {
namespace {

constexpr std::array<unsigned char, 256> make_token_lower() {
  std::array<unsigned char, 256> table{};
  for (const char byte : std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"})
    table[static_cast<unsigned char>(byte)] = static_cast<unsigned char>(byte);
  for (unsigned char byte = 'A'; byte <= 'Z'; ++byte)
    table[byte] = static_cast<unsigned char>(byte | 0x20);
  return table;
}

char ascii_lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte | 0x20) : byte;
}

}  // namespace

constinit const std::array<unsigned char, 256> token_lower = make_token_lower();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_byte);
}

std::optional<std::string_view> find_field(std::span<const Field> fields, std::string_view name) {
  for (const Field& field : fields)
    if (field.name == name) return field.value;
  return std::nullopt;
}

bool equals_lower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() &&
         std::equal(text.begin(), text.end(), lower.begin(),
                    [](char byte, char wanted) { return ascii_lower(byte) == wanted; });
}

std::optional<std::string_view> next_member(std::string_view& list) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view member = trim_blanks(list.substr(0, comma));
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    if (!member.empty()) return member;
  }
  return std::nullopt;
}

bool list_has(std::string_view list, std::string_view lower) {
  while (const auto member = next_member(list))
    if (equals_lower(*member, lower)) return true;
  return false;
}

std::optional<std::uint64_t> parse_length(std::string_view digits) {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  std::uint64_t value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  if (error != std::errc{} || end != last) return std::nullopt;
  if (value > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) return std::nullopt;
  return value;
}

std::string_view trim_blanks(std::string_view text) {
  const auto is_blank = [](char byte) { return byte == ' ' || byte == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace asgi_worker::http
