#include "asgi-worker/server/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

#include "asgi-worker/http/date.hpp"
#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::server {
namespace {

using Kind = RangeSet::Kind;

std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  std::uint64_t value = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, value);
  if (digits.empty() || error != std::errc{} || end != last) return std::nullopt;
  return value;
}

struct Spec {
  bool is_valid = false;
  std::optional<Range> range = {};  // none: beyond the file
};

/// "0-99", "100-", "-100".
Spec parse_spec(std::string_view text, std::uint64_t size) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first = parse_digits(text.substr(0, dash));
  const auto last = parse_digits(text.substr(dash + 1));
  if (dash == 0) {
    if (!last) return {};
    const std::uint64_t length = std::min(*last, size);
    if (length == 0) return {.is_valid = true};
    return {.is_valid = true, .range = Range{size - length, length}};
  }
  if (!first || (!last && dash + 1 != text.size()) || (last && *last < *first)) return {};
  if (*first >= size) return {.is_valid = true};
  const std::uint64_t end = last && *last < size ? *last + 1 : size;
  return {.is_valid = true, .range = Range{*first, end - *first}};
}

}  // namespace

RangeSet parse_ranges(std::string_view value, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (value.size() < unit.size() || !http::equals_lower(value.substr(0, unit.size()), unit))
    return {};
  std::string_view list = value.substr(unit.size());
  std::vector<Range> ranges;
  std::size_t count = 0;
  while (const auto member = http::next_member(list)) {
    const Spec spec = parse_spec(*member, size);
    if (!spec.is_valid || ++count > most_ranges) return {};
    if (!spec.range) continue;
    if (!ranges.empty() && spec.range->first < ranges.back().first + ranges.back().size) return {};
    ranges.push_back(*spec.range);
  }
  if (count == 0) return {};
  if (ranges.empty()) return {.kind = Kind::unsatisfiable};
  return {.kind = Kind::some, .ranges = std::move(ranges)};
}

bool list_has_tag(std::string_view list, std::string_view tag) {
  if (http::trim_blanks(list) == "*") return true;
  // Our own tags bear no comma, so that a list may be split at each.
  while (auto member = http::next_member(list)) {
    if (member->starts_with("W/")) member->remove_prefix(2);
    if (*member == tag) return true;
  }
  return false;
}

std::optional<std::time_t> parse_date(std::string_view text) {
  std::tm parts{};
  const std::string bounded{text};
  const char* const end = ::strptime(bounded.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  const std::time_t time = ::timegm(&parts);
  const auto canonical = http::imf_fixdate(time);
  if (std::string_view{canonical.data(), canonical.size()} != text) return std::nullopt;
  return time;
}

}  // namespace asgi_worker::server
