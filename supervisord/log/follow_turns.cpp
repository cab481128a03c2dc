#include "supervisord/log/follow_turns.hpp"

#include <utility>

#include "supervisord/log/follow.hpp"

namespace supervisord::log {

using std::chrono::steady_clock;

void FollowTurns::add(Follower& follower) {
  waiting_.push_back(&follower);
  wait();
}

void FollowTurns::wait() {
  if (std::exchange(is_set_, true)) return;
  timer_.expires_at(rests_until_);
  // Cancelled by the destructor of timer_, and then `this` is not touched.
  timer_.async_wait([this](auto error) {
    if (!error) run();
  });
}

void FollowTurns::run() {
  const auto began = steady_clock::now();
  auto now = began;
  do {
    if (waiting_.empty()) break;
    Follower* const next = waiting_.front();
    waiting_.pop_front();
    next->look();  // may end it, and others
    now = steady_clock::now();
  } while (now - began < share_.at_once);
  rests_until_ = now + (now - began) * share_.rest;
  is_set_ = false;
  if (!waiting_.empty()) wait();
}

}  // namespace supervisord::log
