// A request's body bytes that wait for receive(), kept as they will be handed over: in one bytes
// object, which the socket can be read into. One a cycle; one thread, GIL held.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "asgi-worker/python/ref.hpp"

namespace asgi_worker::asgi {

/// The bytes object that was handed over last, if it was a large one: the next body goes into it
/// when the application has let go of it, and finds its memory there instead of asking the kernel
/// for fresh pages. Owned by the application.
class LastBody {
 public:
  void note(const python::Ref& object);
  /// A bytes object of `size`, its content undefined; null with a Python error set.
  python::Ref make(std::size_t size);

 private:
  python::Ref object_;
};

class WaitingBody {
 public:
  static constexpr std::size_t most_in_room = 128 * 1024;  // so much can wait without a copy

  /// `last` outlives this.
  explicit WaitingBody(LastBody& last) : last_{last} {}

  std::size_t size() const { return first_size_ + rest_.size(); }
  void append(std::string_view bytes);
  /// Space behind what waits, for `wanted` bytes or fewer; empty when there is none. Holds until
  /// the next call.
  std::span<char> room(std::uint64_t wanted);
  /// So many bytes have been written there.
  void commit(std::size_t size) { first_size_ += size; }
  /// All of it, as one bytes object; null with a Python error set. Not for an empty one.
  python::Ref take();
  void clear();

 private:
  std::size_t space() const;

  LastBody& last_;
  python::Ref first_;  // bytes, the first first_size_ of them written
  std::size_t first_size_ = 0;
  std::string rest_;  // behind a full first_
};

}  // namespace asgi_worker::asgi
