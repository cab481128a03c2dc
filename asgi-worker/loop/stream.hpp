// A connected stream socket of the application's own (TCP, Unix): reads into the protocol, writes
// what it is given, tells the protocol to pause. asyncio's rules, step by step, so that protocols
// written for it see the same calls. Owned by its Python object (stream_type.cpp), which the loop
// holds while the descriptor is watched. The descriptor belongs to the Python socket. GIL held.
#pragma once

#include <cstddef>

#include "asgi-worker/loop/loop.hpp"
#include "asgi-worker/loop/write_queue.hpp"
#include "asgi-worker/python/ref.hpp"
#include "common/event_sink.hpp"

namespace asgi_worker::loop {

class Stream final : public common::EventSink {
 public:
  /// `self` owns this; `loop_object` keeps `loop` alive.
  Stream(PyObject* self, Loop& loop, python::Ref loop_object, int fd);
  ~Stream() override;

  void on_events(std::uint32_t events) override;

  // Each bool is false with a Python error set.
  bool set_protocol(PyObject* protocol);
  bool start_reading();  // from now on, unless it is paused or closing
  bool pause_reading();
  bool resume_reading();
  bool write(PyObject* data);
  bool write_eof();
  bool close();
  /// connection_lost(exception) comes by call_soon; what is not sent is thrown away.
  bool force_close(PyObject* exception);
  bool set_limits(std::size_t high, std::size_t low);
  /// The descriptor will be closed; nothing is told any more.
  void end();

  int fd() const { return fd_; }
  PyObject* protocol() const { return protocol_.get(); }
  bool is_closing() const { return is_closing_; }
  bool is_reading() const { return !is_paused_ && !is_closing_; }
  bool is_protocol_paused() const { return is_protocol_paused_; }
  std::size_t unsent() const { return queue_.size(); }
  std::size_t high_water() const { return high_; }
  std::size_t low_water() const { return low_; }

  python::Ref empty_waiter;  // a future, while sendfile has the socket; null or None: not
  int traverse(visitproc visit, void* arg) const;

 private:
  enum class Meaning { read, write };

  void read();
  void read_data();
  void read_into_buffer();
  void on_eof();
  void write_ready();
  bool watch();
  bool maybe_pause_protocol();
  bool maybe_resume_protocol();
  bool lose_connection(PyObject* exception);
  bool tell_flow(const char* method);
  bool has_empty_waiter() const { return empty_waiter && empty_waiter.get() != Py_None; }
  bool fail(const char* message);
  bool fail_with_errno(Meaning meaning, int error);

  PyObject* self_;
  Loop& loop_;
  python::Ref loop_object_;
  int fd_;
  python::Ref context_;  // that of whoever made the connection: the protocol is called in it
  python::Ref protocol_;
  WriteQueue queue_;
  std::size_t high_ = 64 * 1024;
  std::size_t low_ = 16 * 1024;
  unsigned lost_ = 0;  // connection_lost() is due or over; then: writes since
  bool wants_read_ = false;
  bool wants_write_ = false;
  bool is_watched_ = false;
  bool is_buffered_ = false;  // a BufferedProtocol
  bool is_closing_ = false;
  bool is_paused_ = false;
  bool is_eof_written_ = false;
  bool is_protocol_paused_ = false;
};

}  // namespace asgi_worker::loop
