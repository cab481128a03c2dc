#include "asgi-worker/server/timeouts.hpp"

namespace asgi_worker::server {

Timeouts::Timeouts(const http::Timeouts& durations, std::chrono::milliseconds queue) {
  list(Wait::keep_alive).duration = durations.keep_alive;
  list(Wait::head).duration = durations.head;
  list(Wait::body).duration = durations.body;
  list(Wait::write).duration = durations.write;
  list(Wait::linger).duration = linger_time;
  list(Wait::request).duration = durations.request;
  list(Wait::queue).duration = queue;
}

void Timeouts::arm(Timer& timer, Wait wait, Clock::time_point now) {
  disarm(timer);
  List& waiting = list(wait);
  if (waiting.duration.count() == 0) return;
  timer.armed = true;
  timer.wait = wait;
  timer.at = now + waiting.duration;
  timer.next = nullptr;
  timer.previous = waiting.last;
  (waiting.last != nullptr ? waiting.last->next : waiting.first) = &timer;
  waiting.last = &timer;
}

void Timeouts::disarm(Timer& timer) {
  if (!timer.armed) return;
  List& waiting = list(timer.wait);
  (timer.previous != nullptr ? timer.previous->next : waiting.first) = timer.next;
  (timer.next != nullptr ? timer.next->previous : waiting.last) = timer.previous;
  timer.armed = false;
}

std::optional<Clock::time_point> Timeouts::next() const {
  std::optional<Clock::time_point> earliest;
  for (const List& waiting : lists_)
    if (waiting.first != nullptr && (!earliest || waiting.first->at < *earliest))
      earliest = waiting.first->at;
  return earliest;
}

Timer* Timeouts::take_waiting(Wait wait, Clock::time_point since) {
  Timer* const timer = list(wait).first;
  if (timer == nullptr || timer->at - list(wait).duration > since) return nullptr;
  disarm(*timer);
  return timer;
}

Timer* Timeouts::take_expired(Clock::time_point now) {
  for (List& waiting : lists_) {
    Timer* const timer = waiting.first;
    if (timer == nullptr || timer->at > now) continue;
    disarm(*timer);
    return timer;
  }
  return nullptr;
}

}  // namespace asgi_worker::server
