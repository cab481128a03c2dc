// What a transport has been given to write and the kernel has not taken: pieces of memory that
// somebody else owns, until they are gone. Owned by a transport. Pure of Python: the owners are
// given back by the function that the queue is made with.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <deque>
#include <span>
#include <string_view>

namespace asgi_worker::loop {

class WriteQueue {
 public:
  /// Called once for each piece's owner. It may call the queue.
  using Release = void (*)(void* owner);

  explicit WriteQueue(Release release) : release_{release} {}
  ~WriteQueue() { clear(); }
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  bool is_empty() const { return pieces_.empty(); }
  std::size_t size() const { return size_; }  // bytes

  /// Not empty. `owner` keeps the bytes where they are until it is released.
  void add(std::string_view bytes, void* owner);
  /// One sendmsg(2), which never blocks; what it took leaves. Its result, with errno.
  ssize_t send(int socket);
  /// One writev(2), likewise, to a descriptor that does not block.
  ssize_t write(int fd);
  void clear();

 private:
  static constexpr std::size_t most_pieces = 64;  // of one call

  struct Piece {
    std::string_view rest;
    void* owner;
  };

  std::size_t fill(std::span<iovec, most_pieces> vectors) const;
  void drop(std::size_t count);

  Release release_;
  std::deque<Piece> pieces_;
  std::size_t size_ = 0;
};

}  // namespace asgi_worker::loop
