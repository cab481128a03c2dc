// Times as people write them for `logs --since`, and as log lines begin with them. Pure but for the
// local time zone.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace supervisorctl {

using WallTime = std::chrono::system_clock::time_point;

/// "90" or "90s", "5m", "2h", "1d" ago, or "2026-11-25", "2026-11-25 12:00[:30]", "12:00[:30]" of
/// today. Nothing: it is none of these.
std::optional<WallTime> parse_since(std::string_view text, WallTime now);

/// The time that a line begins with: "2026-11-25 12:00:00,123 ...", with a T, with a zone (Z or
/// +01:00; else local time), in brackets, or as the first "time", "ts" or "@timestamp" of a JSON
/// object. Nothing: it bears none.
std::optional<WallTime> time_of_line(std::string_view line);

}  // namespace supervisorctl
