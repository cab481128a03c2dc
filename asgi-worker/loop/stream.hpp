// A connected stream socket of the application's own (TCP, Unix): reads into the protocol, writes
// what it is given. Owned by its Python object (stream_type.cpp). GIL held.
#pragma once

#include <cstddef>

#include "asgi-worker/loop/transport.hpp"

namespace asgi_worker::loop {

class Stream final : public Transport {
 public:
  Stream(PyObject* self, Loop& loop, python::Ref loop_object, int fd)
      : Transport{self, loop, std::move(loop_object), fd, Descriptor::own, Delivery::at_once} {}

  // Each bool is false with a Python error set.
  bool set_protocol(PyObject* protocol) override;
  bool write(PyObject* data);
  bool write_eof();
  void end() override;
  std::size_t unsent() const override { return queue_.size(); }

  python::Ref empty_waiter;  // a future, while sendfile has the socket; null or None: not
  int traverse(visitproc visit, void* arg) const override;

 private:
  void read_ready() override;
  void write_ready() override;
  void forget_unsent() override { queue_.clear(); }

  void read_data();
  void read_into_buffer();
  void on_eof();
  void fail_to_write(int error);
  bool has_empty_waiter() const { return empty_waiter && empty_waiter.get() != Py_None; }

  WriteQueue queue_{release_bytes};
  bool is_buffered_ = false;  // a BufferedProtocol
  bool is_eof_written_ = false;
};

}  // namespace asgi_worker::loop
