// What a transport has been given to write and the kernel has not taken. Bytes objects are kept as
// they are, all else is copied once. Owned by a Stream; GIL held.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::loop {

class WriteQueue {
 public:
  bool is_empty() const { return chunks_.empty(); }
  std::size_t size() const { return size_; }  // bytes
  /// `object` is bytes, or what `view` is of; the first `skip` bytes have gone. False with a Python
  /// error set.
  bool add(PyObject* object, const Py_buffer& view, std::size_t skip);
  /// One sendmsg(2); what it took leaves. Its result, with errno.
  ssize_t send(int fd);
  void clear();

 private:
  struct Chunk {
    python::Ref bytes;
    std::size_t sent;
  };
  void drop(std::size_t count);

  std::deque<Chunk> chunks_;
  std::size_t size_ = 0;
};

}  // namespace asgi_worker::loop
