// When a daemon that died is started again. Pure: the caller says when.
#pragma once

#include <chrono>
#include <deque>

namespace supervisord::keeper {

class Revive {
 public:
  using Clock = std::chrono::steady_clock;

  /// The daemon that runs now said that it works.
  void ready() { was_ready_ = true; }
  bool is_ready() const { return was_ready_; }

  /// How long to wait before the next one: nothing after one that had been ready, else 0.05 s,
  /// doubled each time to 5 s. The third death by SEGV or ABRT within 10 s counts as one that had
  /// not, ready or not.
  Clock::duration died(int wait_status, Clock::time_point now);

 private:
  bool keeps_crashing(int wait_status, Clock::time_point now);

  bool was_ready_ = false;
  Clock::duration next_wait_ = std::chrono::milliseconds{50};
  std::deque<Clock::time_point> crashes_;
};

}  // namespace supervisord::keeper
