// Which TICK events are due: one when the wall clock's multiple of a period is another one than at
// the last look, also when the clock was set back or forward. Pure: the caller says what time it
// is. Source: Supervisor manual, "TICK_5 Event Type"; a period that nobody subscribes is not
// counted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace supervisord::events {

class Ticks {
 public:
  static constexpr int periods[] = {5, 60, 3600};  // seconds
  struct Tick {
    int period = 0;
    std::int64_t when = 0;  // a multiple of the period, seconds since 1970
    friend bool operator==(const Tick&, const Tick&) = default;
  };
  /// "TICK_5"
  static std::string type(int period);

  Ticks() = default;
  /// With the multiples that an earlier daemon had seen.
  explicit Ticks(std::map<int, std::int64_t> seen) : seen_{std::move(seen)} {}
  const std::map<int, std::int64_t>& seen() const { return seen_; }

  /// These periods count from now on; one that counted already goes on.
  void count(const std::vector<int>& counted, std::int64_t now);
  std::vector<Tick> look(std::int64_t now);
  /// When to look again, if the clock is not set; none while no period counts.
  std::optional<std::int64_t> next(std::int64_t now) const;

 private:
  std::map<int, std::int64_t> seen_;  // period -> its multiple at the last look
};

}  // namespace supervisord::events
