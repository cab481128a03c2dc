// How many calls of the application may run at once, and who waits for one to end. Counts calls,
// not connections: an idle connection is none, and what an application does after its answer still
// is. Pure. Owned by the turn; one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>

namespace asgi_worker::server {

class Connection;

struct ConcurrencyLimit {
  enum class Beyond {
    refuse,        // 503 at once
    queue,         // wait, first come first served
    accept_pause,  // wait, and accept no connections meanwhile
  };
  std::size_t most = 0;  // 0: no limit
  Beyond beyond = Beyond::refuse;
  std::size_t queue = 0;              // most that wait, more are refused; 0: as many as come
  std::chrono::milliseconds wait{0};  // then 503; 0: without end
};

class Concurrency {
 public:
  /// A connection's place among those that wait. A member of the connection.
  struct Place {
    bool is_taken = false;
    std::list<Connection*>::iterator at;
  };
  enum class Verdict { run, wait, refuse };

  explicit Concurrency(const ConcurrencyLimit& limit) : limit_{limit} {}
  bool is_on() const { return limit_.most != 0; }

  /// What becomes of a request: a call is counted, or a place is taken.
  Verdict ask(Connection& connection, Place& place) {
    if (!is_on()) return Verdict::run;
    if (running_ < limit_.most && waiting_.empty()) return ++running_, Verdict::run;
    const bool is_full = limit_.queue != 0 && waiting_.size() >= limit_.queue;
    if (limit_.beyond == ConcurrencyLimit::Beyond::refuse || is_full) return Verdict::refuse;
    place.at = waiting_.insert(waiting_.end(), &connection);
    place.is_taken = true;
    return Verdict::wait;
  }
  /// The first of those that wait, while there is room: its call is counted. Null for nobody.
  /// `place_of` finds its place.
  template <class PlaceOf>
  Connection* next(PlaceOf place_of) {
    if (waiting_.empty() || running_ >= limit_.most) return nullptr;
    Connection* const first = waiting_.front();
    leave(place_of(*first));
    ++running_;
    return first;
  }
  /// One that waits gives up.
  void leave(Place& place) {
    if (!place.is_taken) return;
    waiting_.erase(place.at);
    place.is_taken = false;
  }
  /// A call has ended.
  void end() {
    if (running_ > 0) --running_;
  }

  bool pauses_accepting() const {
    return limit_.beyond == ConcurrencyLimit::Beyond::accept_pause && is_on() &&
           running_ >= limit_.most;
  }
  std::size_t running() const { return running_; }
  std::size_t waiting() const { return waiting_.size(); }
  /// Seconds after which one who was refused may try again.
  int retry_after() const {
    if (limit_.beyond == ConcurrencyLimit::Beyond::refuse) return 1;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(limit_.wait).count();
    return seconds > 1 ? static_cast<int>(seconds) : 1;
  }

 private:
  const ConcurrencyLimit limit_;
  std::size_t running_ = 0;
  std::list<Connection*> waiting_;
};

}  // namespace asgi_worker::server
