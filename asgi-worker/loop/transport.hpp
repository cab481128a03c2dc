// What the transports of the application's own descriptors have in common: the watch on the
// descriptor, the protocol and the context that it is called in, pausing both ways, the end.
// asyncio's rules, step by step, so that protocols written for it see the same calls. Owned by its
// Python object, which the loop holds while the descriptor is watched. The descriptor belongs to
// the Python socket or file. GIL held.
#pragma once

#include <cstddef>
#include <cstdint>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/write_queue.hpp"
#include "asgi-worker/python/ref.hpp"
#include "common/event_sink.hpp"

namespace asgi_worker::loop {

class Transport : public common::EventSink {
 public:
  ~Transport() override;

  void on_events(std::uint32_t events) final;

  // Each bool is false with a Python error set.
  virtual bool set_protocol(PyObject* protocol);
  bool start_reading();  // from now on, unless it is paused or closing
  bool pause_reading();
  bool resume_reading();
  virtual bool close();
  /// connection_lost(exception) comes by call_soon; what is not sent is thrown away.
  bool force_close(PyObject* exception);
  bool set_limits(std::size_t high, std::size_t low);
  /// The descriptor will be closed; nothing is told any more.
  virtual void end();

  /// What on_events() has put off to the loop's callbacks. False with a Python error set.
  bool deliver();

  int fd() const { return fd_; }
  PyObject* protocol() const { return protocol_.get(); }
  bool is_closing() const { return is_closing_; }
  bool is_reading() const { return !is_paused_ && !is_closing_; }
  bool is_protocol_paused() const { return is_protocol_paused_; }
  virtual std::size_t unsent() const { return 0; }  // bytes
  std::size_t high_water() const { return high_; }
  std::size_t low_water() const { return low_; }

  virtual int traverse(visitproc visit, void* arg) const;

 protected:
  /// Whether another transport may have the same descriptor, for the other direction.
  enum class Descriptor { own, shared };
  /// Whether the protocol is called as soon as the descriptor is found ready, or among the turn's
  /// callbacks, after those that were there already, which is asyncio's order.
  enum class Delivery { at_once, in_turn };

  /// `self` owns this; `loop_object` keeps `loop` alive.
  Transport(PyObject* self, Loop& loop, python::Ref loop_object, int fd, Descriptor kind,
            Delivery delivery);

  virtual void read_ready() = 0;
  virtual void write_ready() {}
  /// What is not sent is thrown away.
  virtual void forget_unsent() {}

  PyObject* self() const { return self_; }
  Loop& loop() const { return loop_; }
  bool is_lost() const { return is_lost_; }
  /// From now on; false with a Python error set.
  bool want_read(bool is_wanted);
  bool want_write(bool is_wanted);
  bool stop_both();
  void set_closing() { is_closing_ = true; }

  bool maybe_pause_protocol();
  bool maybe_resume_protocol();
  /// Counts a write that comes too late, and warns of the later ones.
  bool count_lost_write();
  bool lose_connection(PyObject* exception);
  /// In debug mode a line in asyncio's log, beginning with the transport.
  bool say(const char* what);
  /// The error that is set goes to the loop's exception handler, and the connection with it.
  bool fail(const char* message);
  /// As fail() with the OSError of `error`; nothing when it only means "later".
  bool fail_with_errno(const char* message, int error);
  /// The error that is set goes to the loop's exception handler, as from any callback, and the
  /// transport goes on.
  bool report(const char* callback);
  bool tell_end();  // connection_lost(None), now

  static bool is_later(int error);
  /// Errors that end the run, instead of the connection.
  static bool ends_run();
  /// What is left of `view`, which is of `object`; bytes are kept, all else is copied.
  static bool keep_rest(WriteQueue& queue, PyObject* object, const Py_buffer& view,
                        std::size_t skip);
  static void release_bytes(void* object) { Py_DECREF(static_cast<PyObject*>(object)); }

 private:
  bool watch();
  int apply(std::uint32_t wanted);
  void put_off(std::uint32_t events);
  void dispatch(std::uint32_t events);
  void dispatch_and_measure(std::uint32_t events);
  bool tell_flow(const char* method);

  PyObject* self_;
  Loop& loop_;
  python::Ref loop_object_;
  python::Ref context_;  // that of whoever made the connection: the protocol is called in it
  python::Ref protocol_;
  int fd_;
  Descriptor kind_;
  Delivery delivery_;
  python::Ref callback_;              // a handle of deliver(), while the descriptor is watched
  std::uint32_t put_off_events_ = 0;  // what it will deliver: 0 when it has not been pushed
  std::size_t high_ = 64 * 1024;
  std::size_t low_ = 16 * 1024;
  unsigned late_writes_ =
      0;                  // as asyncio counts them: a socket's end is one, and an error of a pipe
  bool is_lost_ = false;  // connection_lost() is due or over
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool is_watched_ = false;
  bool is_closing_ = false;
  bool is_paused_ = false;
  bool is_protocol_paused_ = false;
};

}  // namespace asgi_worker::loop
