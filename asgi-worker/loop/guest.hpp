// A server that lives on the loop's own epoll instance: its sockets are found by the loop's one
// wait, and what it has to send goes out at the end of the turn, without a callback of its own.
// Implemented by the worker; the loop calls it on its thread, with the GIL held and no error set.
#pragma once

namespace asgi_worker::loop {

class Guest {
 public:
  virtual ~Guest() = default;
  /// Around the events of one wait, of which some may be the guest's.
  virtual void begin_turn() = 0;
  virtual void end_turn() = 0;
  /// The callbacks have run, and wake_guest() was called: send what they wrote.
  virtual void flush() = 0;
};

}  // namespace asgi_worker::loop
