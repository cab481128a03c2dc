// Who is told when a descriptor is ready, where reading and writing may be two parties' affair: the
// handles of add_reader and add_writer, and pipe transports. Owned by the Loop; GIL held.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "asgi-worker/python/ref.hpp"
#include "common/event_sink.hpp"

namespace asgi_worker::loop {

class Loop;

enum class Direction { read, write };

class Watches {
 public:
  explicit Watches(Loop& loop);
  ~Watches();
  Watches(const Watches&) = delete;
  Watches& operator=(const Watches&) = delete;

  /// Takes the place of the handle there is, which is cancelled. `file` is what the caller named
  /// the descriptor by. False with a Python error set.
  bool add(int fd, PyObject* file, Direction direction, PyObject* handle);
  /// 1: its handle is cancelled; 0: there was none; -1 with a Python error set.
  int remove(int fd, Direction direction);
  /// Tells `sink` of `wanted` (EPOLLIN, EPOLLOUT) from now on, in the place of whoever was told
  /// before, and of nothing else. 0, or the errno of epoll_ctl.
  int set(int fd, std::uint32_t wanted, common::EventSink& sink);
  void forget(int fd, common::EventSink& sink);
  /// The descriptor that was watched under this object, which may be closed by now; or -1.
  int find(PyObject* file) const;
  void clear();
  int traverse(visitproc visit, void* argument) const;

 private:
  class Watch;

  int commit(Watch& watch);
  bool apply(Watch& watch);
  Loop& loop_;
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;
};

}  // namespace asgi_worker::loop
