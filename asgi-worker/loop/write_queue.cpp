#include "asgi-worker/loop/write_queue.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace asgi_worker::loop {

void WriteQueue::add(std::string_view bytes, void* owner) {
  pieces_.push_back({bytes, owner});
  size_ += bytes.size();
}

std::size_t WriteQueue::fill(std::span<iovec, most_pieces> vectors) const {
  const std::size_t count = std::min(pieces_.size(), most_pieces);
  for (std::size_t index = 0; index < count; ++index) {
    const std::string_view rest = pieces_[index].rest;
    vectors[index] = {const_cast<char*>(rest.data()), rest.size()};
  }
  return count;
}

ssize_t WriteQueue::send(int socket) {
  std::array<iovec, most_pieces> vectors;
  msghdr message{};
  message.msg_iovlen = fill(vectors);
  message.msg_iov = vectors.data();
  const ssize_t sent = ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) drop(static_cast<std::size_t>(sent));
  return sent;
}

ssize_t WriteQueue::write(int fd) {
  std::array<iovec, most_pieces> vectors;
  const std::size_t count = fill(vectors);
  const ssize_t written = ::writev(fd, vectors.data(), static_cast<int>(count));
  if (written > 0) drop(static_cast<std::size_t>(written));
  return written;
}

void WriteQueue::drop(std::size_t count) {
  size_ -= count;
  while (count > 0) {
    Piece& first = pieces_.front();
    if (count < first.rest.size()) {
      first.rest.remove_prefix(count);
      return;
    }
    count -= first.rest.size();
    void* const owner = first.owner;
    pieces_.pop_front();
    release_(owner);
  }
}

void WriteQueue::clear() {
  size_ = 0;
  for (const Piece& piece : std::exchange(pieces_, {})) release_(piece.owner);
}

}  // namespace asgi_worker::loop
