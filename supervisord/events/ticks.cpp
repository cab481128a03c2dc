#include "supervisord/events/ticks.hpp"

#include <algorithm>

namespace supervisord::events {
namespace {

std::int64_t multiple(int period, std::int64_t now) { return now - now % period; }

}  // namespace

std::string Ticks::type(int period) { return "TICK_" + std::to_string(period); }

void Ticks::count(const std::vector<int>& counted, std::int64_t now) {
  std::erase_if(seen_, [&](const auto& seen) {
    return std::ranges::find(counted, seen.first) == counted.end();
  });
  for (const int period : counted) seen_.emplace(period, multiple(period, now));
}

std::vector<Ticks::Tick> Ticks::look(std::int64_t now) {
  std::vector<Tick> out;
  for (auto& [period, seen] : seen_) {
    const std::int64_t present = multiple(period, now);
    if (present == seen) continue;
    seen = present;
    out.push_back({period, present});
  }
  return out;
}

std::optional<std::int64_t> Ticks::next(std::int64_t now) const {
  std::optional<std::int64_t> out;
  for (const auto& [period, seen] : seen_) {
    const std::int64_t at = multiple(period, now) + period;
    out = out ? std::min(*out, at) : at;
  }
  return out;
}

}  // namespace supervisord::events
