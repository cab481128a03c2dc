// Range and the conditions of a request for a file. Pure. Source: RFC 9110 13 and 14.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>
#include <vector>

namespace asgi_worker::server {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t size = 0;
};

/// So many ranges are answered in one answer; more, or ranges that overlap or go backwards, get the
/// whole file: they are a way to make a server work (RFC 9110 14.2).
inline constexpr std::size_t most_ranges = 16;

struct RangeSet {
  enum class Kind {
    whole,          // no ranges, or none that count
    some,           //
    unsatisfiable,  // 416
  };
  Kind kind = Kind::whole;
  std::vector<Range> ranges = {};
};
/// `value` is the Range field's; `size` the file's.
RangeSet parse_ranges(std::string_view value, std::uint64_t size);

/// An entity-tag of If-None-Match's list equals `tag`, weakly compared; "*" does always.
bool list_has_tag(std::string_view list, std::string_view tag);

/// An IMF-fixdate; the two obsolete forms are none.
std::optional<std::time_t> parse_date(std::string_view text);

}  // namespace asgi_worker::server
