#include "supervisord/keeper/watchdog.hpp"

namespace supervisord::keeper {

bool is_traced(std::string_view status) {
  constexpr std::string_view field = "\nTracerPid:\t";
  const auto at = status.find(field);
  return at != std::string_view::npos && !status.substr(at + field.size()).starts_with("0\n");
}

void Watchdog::begin(State state, Clock::time_point due) {
  if (state_ == State::aborted) return;  // there is no way back
  state_ = state;
  due_ = due;
  unanswered_ = 0;
}

Watchdog::Verdict Watchdog::look(Clock::time_point now, Traced traced) {
  if (!due_ || *due_ > now) return Verdict::none;
  switch (state_) {
    case State::absent: return Verdict::none;
    case State::starts:
    case State::ends: break;
    case State::works:
      if (unanswered_ < pings_unanswered) {
        ++unanswered_;
        due_ = now + ping_every;
        return Verdict::ping;
      }
      break;
    case State::aborted: due_.reset(); return Verdict::kill;
  }
  if (traced == Traced::yes) {  // as long as somebody looks at it
    unanswered_ = 0;
    due_ = now + ping_every;
    return Verdict::none;
  }
  state_ = State::aborted;
  due_ = now + dead_within;
  return Verdict::abort;
}

}  // namespace supervisord::keeper
