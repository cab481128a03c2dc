// Bytes that come in at the end and go out at the front: what waits to be parsed or to be sent.
// One owner, one thread; holds no memory while it has never held bytes, or after release().
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <utility>

namespace asgi_worker::http {

class Buffer {
 public:
  void swap(Buffer& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::size_t capacity() const { return capacity_; }
  char* data() { return memory_.get() + begin_; }
  std::string_view view() const { return {memory_.get() + begin_, size()}; }

  /// At least `space` bytes to write at; commit() says how many were. Views go stale.
  char* prepare(std::size_t space) {
    if (capacity_ - end_ < space) make_room(space);
    return memory_.get() + end_;
  }
  std::size_t room() const { return capacity_ - end_; }
  void commit(std::size_t size) { end_ += size; }

  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void consume(std::size_t size) {
    begin_ += size;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  /// Takes bytes off the end until `size` are left.
  void truncate(std::size_t size) { end_ = begin_ + size; }

  void clear() { begin_ = end_ = 0; }
  /// Drops bytes and memory.
  void release() {
    clear();
    memory_.reset();
    capacity_ = 0;
  }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };

  void make_room(std::size_t space);

  std::unique_ptr<char, Free> memory_;  // malloc: not cleared, and realloc may move pages
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace asgi_worker::http
