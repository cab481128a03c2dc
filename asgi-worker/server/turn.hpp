// What the connections of one core share: settings, time, the lists of the current turn, one space
// to read into. Owned by HttpCore, outlives the connections; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "asgi-worker/http/buffer.hpp"
#include "asgi-worker/http/exchange.hpp"
#include "asgi-worker/http1/known_sections.hpp"
#include "asgi-worker/http1/writer.hpp"
#include "asgi-worker/server/access_log.hpp"
#include "asgi-worker/server/own_answers.hpp"
#include "asgi-worker/server/proxy.hpp"
#include "asgi-worker/server/settings.hpp"
#include "asgi-worker/server/timeouts.hpp"
#include "common/event_sink.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::server {

class Connection;

/// What stands behind a descriptor of the core's epoll instance.
using common::EventSink;

struct Turn {
  /// Small, since what it is read into is copied when it is a body: of that the rest goes past it.
  static constexpr std::size_t read_size = 16 * 1024;

  Turn(http::Application& app, Settings set, Hooks hook, Clocks clock);
  ~Turn();

  Clock::time_point now();
  std::time_t unix_now();
  /// A call of the application has ended: the next in the queue has its place.
  void end_call();
  /// Fit for durations of the access log; the coarse one when that has none.
  Clock::time_point log_now();
  /// The application has run: what was read of the clocks may be old.
  void forget_time() { time_is_fresh_ = false; }

  /// Lists `connection`, once, to be sent from (to go on parsing) at the turn's end.
  void mark_dirty(Connection& connection);
  void mark_ready(Connection& connection);
  /// Outside of a turn: asks for one.
  void ask_for_turn();

  /// Out buffers go round: an idle connection has none, and the next answer finds its memory warm.
  void lend(http::Buffer& out);
  void take_back(http::Buffer& out);

  /// Descriptors or places have run out: a connection goes that has waited for its request, or for
  /// the rest of its head, for more than a second, the longest first. Who is in the middle of
  /// asking stays. False when there is none.
  bool close_idle();
  void adopt(common::UniqueFd fd, http::Endpoint peer, http::Endpoint server);
  /// Takes a closed connection out; it lives on until the turn's end, as it may be in a call.
  void drop(Connection& connection);
  /// The turn's end: what was dropped ends. When a crowd has left, what it has made of the heap
  /// goes back to the system too.
  void bury();

  http::Application& application;
  const Settings settings;
  const Hooks hooks;
  const Clocks clocks;
  http1::HeadWriter writer;
  http1::KnownSections known_sections;
  /// What the fields of the last request from a trusted proxy said of its client; they are asked
  /// again when others come.
  struct KnownOrigin {
    std::uint64_t section = 0;
    Origin origin;
  } known_origin;
  Timeouts timeouts;
  AccessLog access_log;
  Concurrency concurrency;
  OwnAnswers own_answers;

  common::UniqueFd epoll;
  common::UniqueFd wake_up;  // an eventfd, for want of Hooks::wake

  bool is_inside = false;  // of poll(), flush() or expire()
  bool is_asked_for = false;
  bool is_draining = false;
  bool had_connections = false;
  std::size_t active = 0;

  std::vector<std::unique_ptr<Connection>> connections;
  std::vector<std::unique_ptr<Connection>> gone;  // until bury()
  std::vector<Connection*> dirty;
  std::vector<Connection*> ready;

  /// Where connections without leftovers read to: a turn's bytes are parsed where they lie, and an
  /// idle connection holds no memory for them.
  const std::unique_ptr<char[]> read_space;

 private:
  void renew_time();

  std::vector<http::Buffer> spare_;  // empty ones
  std::size_t spare_bytes_ = 0;
  std::size_t most_connections_ = 0;  // since memory was given back
  bool time_is_fresh_ = false;
  Clock::time_point now_;
  std::time_t unix_now_ = 0;
};

}  // namespace asgi_worker::server
