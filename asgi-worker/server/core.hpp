// The HTTP server of one worker: listeners, connections, one epoll instance. It is a guest on any
// loop: watch fd() for reading and call poll(). Owned by the worker, used from its one thread (with
// the GIL held, since poll() calls the application); it neither blocks nor starts threads.
//
// A turn (poll): accept, read each ready socket once, parse, call the application, then send to
// each connection with output once. Whatever the application writes outside of a turn waits for
// flush(), which Hooks::wake asks for.
//
// finish(), refuse() and abort() of an Exchange call the Cycle's last function (on_complete() for
// the first two, on_disconnect() for abort) before they return. start(), write(), want_body() and
// pause_body() call nothing back: what they set off (a failed send, body bytes, the next pipelined
// request) comes after they have returned.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "asgi-worker/http/exchange.hpp"
#include "asgi-worker/server/settings.hpp"
#include "common/error.hpp"

namespace asgi_worker::server {

struct Turn;
class Connection;
class Listener;

class HttpCore {
 public:
  /// `application` outlives the core. With `host_epoll` (borrowed) the core has its sockets in that
  /// instance: whoever waits there calls begin_turn(), on_events() of each EventSink,
  /// finish_turn(), and never poll(). Errors: errno of epoll_create1, dup, eventfd, timerfd_create,
  /// or of a directory of static files.
  static common::Result<std::unique_ptr<HttpCore>> create(http::Application& application,
                                                          Settings settings, Hooks hooks = {},
                                                          Clocks clocks = coarse_clocks(),
                                                          int host_epoll = -1);
  HttpCore(const HttpCore&) = delete;
  HttpCore& operator=(const HttpCore&) = delete;
  /// Closes what is left as close_all() does.
  ~HttpCore();

  /// The epoll descriptor: readable when poll() has something to do, time-outs included.
  int fd() const;
  /// One turn; never blocks. Not to be called from within itself.
  void poll();
  /// What poll() does before and after its events.
  void begin_turn();
  void finish_turn();
  /// Sends what the application wrote outside of poll() and goes on with pipelined requests.
  /// Cheap when there is nothing to do.
  void flush();

  /// A call of the application has ended, its answer given or not. Wanted with a limit on
  /// concurrency only; from within a turn or outside.
  void call_ended();

  /// Accepts from a bound, listening TCP or Unix socket. Borrowed: the caller keeps it open until
  /// stop_accepting() or the core's end. Made non-blocking. Errors: errno of fcntl, getsockname,
  /// epoll_ctl.
  common::Result<void> add_listener(int fd);
  /// Listeners are forgotten, not closed. Connections go on.
  void stop_accepting();
  /// Idle connections close; the others get `connection: close` and close after their answer. At
  /// `until` what is left is closed as by close_all().
  void drain(std::optional<Clock::time_point> until = std::nullopt);
  /// Ends all connections now: on_disconnect() to each request that runs.
  void close_all();

  std::size_t active() const;  // connections with a request in the application
  std::size_t idle() const;    // the other connections

  /// When expire() has something to do next. A timer in fd() sees to it; this is for a loop that
  /// would rather use its own, and for tests.
  std::optional<Clock::time_point> next_deadline() const;
  /// Ends what has taken too long by `now`.
  void expire(Clock::time_point now);

 private:
  class DeadlineTimer;
  class WakeUp;

  HttpCore();
  template <class Work>
  void in_turn(Work work);
  void end_turn();
  void drain_idle();
  void run_ready();
  void send_dirty();
  void write_access_log();
  std::vector<Connection*> all_connections() const;

  std::unique_ptr<Turn> turn_;  // shared with what follows, and outlives it
  std::unique_ptr<WakeUp> wake_up_;
  std::unique_ptr<DeadlineTimer> timer_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Listener>> retired_;  // until no event of this turn can name them
  std::vector<Connection*> working_;                // the list at hand, while the next one fills
  std::optional<Clock::time_point> drain_until_;
  bool drain_is_due_ = false;
};

}  // namespace asgi_worker::server
