#include "asgi-worker/loop/write_queue.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <utility>

namespace asgi_worker::loop {
namespace {

constexpr std::size_t most_pieces = 64;  // of one call

}  // namespace

bool WriteQueue::add(PyObject* object, const Py_buffer& view, std::size_t skip) {
  const auto all = static_cast<std::size_t>(view.len);
  if (PyBytes_CheckExact(object)) {
    chunks_.push_back({python::borrow(object), skip});
  } else {
    python::Ref copy = python::steal(PyBytes_FromStringAndSize(
        static_cast<const char*>(view.buf) + skip, static_cast<Py_ssize_t>(all - skip)));
    if (!copy) return false;
    chunks_.push_back({std::move(copy), 0});
  }
  size_ += all - skip;
  return true;
}

ssize_t WriteQueue::send(int fd) {
  std::array<iovec, most_pieces> pieces;
  const std::size_t count = std::min(chunks_.size(), most_pieces);
  for (std::size_t index = 0; index < count; ++index) {
    const Chunk& chunk = chunks_[index];
    pieces[index] = {PyBytes_AS_STRING(chunk.bytes.get()) + chunk.sent,
                     static_cast<std::size_t>(PyBytes_GET_SIZE(chunk.bytes.get())) - chunk.sent};
  }
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = count;
  const ssize_t sent = ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) drop(static_cast<std::size_t>(sent));
  return sent;
}

void WriteQueue::drop(std::size_t count) {
  size_ -= count;
  while (count > 0) {
    Chunk& first = chunks_.front();
    const auto left = static_cast<std::size_t>(PyBytes_GET_SIZE(first.bytes.get())) - first.sent;
    if (count < left) {
      first.sent += count;
      return;
    }
    count -= left;
    chunks_.pop_front();
  }
}

void WriteQueue::clear() {
  const auto chunks = std::exchange(chunks_, {});
  size_ = 0;
}

}  // namespace asgi_worker::loop
