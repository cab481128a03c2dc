// The ends of pipes, sockets and terminals that the application reads or writes one way, those of
// its child processes among them. The same descriptor may be another transport's for the other
// direction. Owned by their Python objects (pipe_type.cpp). GIL held.
#pragma once

#include <cstddef>

#include "asgi-worker/loop/transport.hpp"

namespace asgi_worker::loop {

class ReadPipe final : public Transport {
 public:
  ReadPipe(PyObject* self, Loop& loop, python::Ref loop_object, int fd)
      : Transport{self, loop, std::move(loop_object), fd, Descriptor::shared, Delivery::in_turn} {}

 private:
  void read_ready() override;
  void on_eof();
};

/// Reads too, where a descriptor tells so that its other end has been closed.
class WritePipe final : public Transport {
 public:
  WritePipe(PyObject* self, Loop& loop, python::Ref loop_object, int fd)
      : Transport{self, loop, std::move(loop_object), fd, Descriptor::shared, Delivery::in_turn} {}

  /// False with a Python error set.
  bool write(PyObject* data);
  bool close() override;
  std::size_t unsent() const override { return queue_.size(); }

 private:
  void read_ready() override;
  void write_ready() override;
  void forget_unsent() override { queue_.clear(); }
  bool fail_to_write(int error);

  WriteQueue queue_{release_bytes};
};

}  // namespace asgi_worker::loop
