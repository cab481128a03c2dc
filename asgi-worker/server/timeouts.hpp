// Who has to be told when that a wait has lasted too long. Each kind of wait lasts equally long for
// all, so each is a list in order of arming: arming and disarming take no search and no memory.
// Pure: time is an argument. Owned by the turn; a Timer is a member of what waits, which outlives
// its being armed.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "asgi-worker/http/limits.hpp"
#include "asgi-worker/server/settings.hpp"

namespace asgi_worker::server {

class Connection;

enum class Wait { keep_alive, head, body, write, linger, request, queue };

/// How long an unread body, or a client that was answered and cut off, is still listened to.
inline constexpr std::chrono::seconds linger_time{1};

struct Timer {
  explicit Timer(Connection& waiting) : owner{&waiting} {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool waits_for(Wait kind) const { return armed && wait == kind; }

  Connection* owner;
  bool armed = false;
  Wait wait = Wait::head;
  Clock::time_point at;
  Timer* previous = nullptr;
  Timer* next = nullptr;
};

class Timeouts {
 public:
  /// `queue`: for a place in the application.
  explicit Timeouts(const http::Timeouts& durations, std::chrono::milliseconds queue = {});

  /// Arms anew if it was armed. A kind without a limit disarms.
  void arm(Timer& timer, Wait wait, Clock::time_point now);
  void disarm(Timer& timer);

  std::optional<Clock::time_point> next() const;
  /// The one that has waited longest, if it has since `since`, disarmed; null when there is none.
  Timer* take_waiting(Wait wait, Clock::time_point since);
  /// One that has run out by `now`, disarmed; null when there is none.
  Timer* take_expired(Clock::time_point now);

 private:
  struct List {
    std::chrono::milliseconds duration{0};
    Timer* first = nullptr;
    Timer* last = nullptr;
  };
  List& list(Wait wait) { return lists_[static_cast<std::size_t>(wait)]; }

  std::array<List, 7> lists_;
};

}  // namespace asgi_worker::server
