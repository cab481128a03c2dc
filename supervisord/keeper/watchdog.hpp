// Whether the daemon still turns its loop, and what to do when it does not: a ping every 5 s, and
// after three that nothing followed, SIGABRT (for its core), then SIGKILL. Pure: the caller says
// what happened and when.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace supervisord::keeper {

/// Whether a debugger holds the process of this /proc/PID/status.
bool is_traced(std::string_view status);

class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Verdict { none, ping, abort, kill };
  enum class Traced { no, yes };  // a debugger has stopped it, or may have

  static constexpr Clock::duration hello_within = std::chrono::seconds{10};
  static constexpr Clock::duration ping_every = std::chrono::seconds{5};
  static constexpr int pings_unanswered = 3;
  static constexpr Clock::duration end_within = std::chrono::seconds{30};
  static constexpr Clock::duration dead_within = std::chrono::seconds{5};  // after SIGABRT

  void started(Clock::time_point now) { begin(State::starts, now + hello_within); }
  void greeted(Clock::time_point now) { begin(State::works, now + ping_every); }
  /// Anything came from it.
  void heard() { unanswered_ = 0; }
  /// It was told to end.
  void told_to_end(Clock::time_point now) { begin(State::ends, now + end_within); }
  void ended() { *this = Watchdog{}; }

  /// When to look next.
  std::optional<Clock::time_point> due() const { return due_; }
  /// What is due now.
  Verdict look(Clock::time_point now, Traced traced);

 private:
  enum class State { absent, starts, works, ends, aborted };
  void begin(State state, Clock::time_point due);

  State state_ = State::absent;
  std::optional<Clock::time_point> due_;
  int unanswered_ = 0;
};

}  // namespace supervisord::keeper
