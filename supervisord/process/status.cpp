#include "supervisord/process/status.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace supervisord::process {
namespace {

/// As Python writes a timedelta of whole seconds: "0:00:07", "1 day, 2:03:04".
std::string uptime_text(std::chrono::seconds uptime) {
  const auto total = uptime.count();
  const auto days = total / 86400;
  const auto clock = fmt::format("{}:{:02}:{:02}", total / 3600 % 24, total / 60 % 60, total % 60);
  if (days == 0) return clock;
  return fmt::format("{} day{}, {}", days, days == 1 ? "" : "s", clock);
}

/// "Nov 23 05:29 AM", local time.
std::string stop_text(WallTime at) { return fmt::format("{:%b %d %I:%M %p}", fmt::localtime(at)); }

}  // namespace

std::string Status::description() const {
  switch (state) {
    case State::running: return fmt::format("pid {}, uptime {}", pid, uptime_text(uptime));
    case State::backoff:
    case State::fatal:
      return spawn_error.empty() ? fmt::format("unknown error (try \"tail {}\")", name)
                                 : spawn_error;
    case State::stopped:
    case State::exited:
      if (stopped_at) return stop_text(*stopped_at);
      // Supervisor shows 1970 for what never got as far as to run.
      return started_at ? stop_text(*started_at) : "Not started";
    case State::starting:
    case State::stopping:
    case State::unknown: return "";
  }
  return "";
}

std::string Status::display_name() const { return group == name ? name : group + ":" + name; }

}  // namespace supervisord::process
