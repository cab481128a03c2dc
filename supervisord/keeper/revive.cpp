#include "supervisord/keeper/revive.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;
constexpr Revive::Clock::duration first_wait = 50ms;
constexpr Revive::Clock::duration longest_wait = 5s;
constexpr Revive::Clock::duration crash_window = 10s;
constexpr std::size_t crashes_allowed = 2;

}  // namespace

Revive::Clock::duration Revive::died(int wait_status, Clock::time_point now) {
  const bool was_ready = std::exchange(was_ready_, false);
  if (!keeps_crashing(wait_status, now) && was_ready) {
    next_wait_ = first_wait;
    return Clock::duration::zero();
  }
  return std::exchange(next_wait_, std::min(next_wait_ * 2, longest_wait));
}

bool Revive::keeps_crashing(int wait_status, Clock::time_point now) {
  while (!crashes_.empty() && now - crashes_.front() >= crash_window) crashes_.pop_front();
  const bool crashed = WIFSIGNALED(wait_status) &&
                       (WTERMSIG(wait_status) == SIGSEGV || WTERMSIG(wait_status) == SIGABRT);
  if (crashed) crashes_.push_back(now);
  return crashed && crashes_.size() > crashes_allowed;
}

}  // namespace supervisord::keeper
