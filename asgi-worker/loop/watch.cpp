#include "asgi-worker/loop/watch.hpp"

#include <sys/epoll.h>

#include <cerrno>

#include "asgi-worker/loop/loop.hpp"

namespace asgi_worker::loop {

using python::borrow;
using python::Ref;

class Watches::Watch final : public common::EventSink {
 public:
  /// Of one direction: a handle to push, or a sink to tell; or neither.
  struct Side {
    Ref handle;
    common::EventSink* sink = nullptr;
    bool is_wanted() const { return handle || sink != nullptr; }
  };

  Watch(Loop& loop, int fd) : loop_{loop}, fd_{fd} {}

  int fd() const { return fd_; }
  Side& side(Direction direction) { return direction == Direction::read ? reader_ : writer_; }
  std::uint32_t wanted() const {
    return (reader_.is_wanted() ? std::uint32_t{EPOLLIN} : 0U) |
           (writer_.is_wanted() ? std::uint32_t{EPOLLOUT} : 0U);
  }
  /// An error or a hang-up is for both: each will meet it.
  void on_events(std::uint32_t events) override {
    if (reader_.sink != nullptr && reader_.sink == writer_.sink)
      return reader_.sink->on_events(events);
    tell(Direction::read, events & ~std::uint32_t{EPOLLOUT});
    if (PyErr_Occurred() == nullptr) tell(Direction::write, events & ~std::uint32_t{EPOLLIN});
  }
  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(reader_.handle.get());
    Py_VISIT(writer_.handle.get());
    Py_VISIT(file.get());
    return 0;
  }

 private:
  void tell(Direction direction, std::uint32_t events) {
    const Side& ready = side(direction);
    if (events == 0 || !ready.is_wanted()) return;
    if (ready.sink != nullptr) return ready.sink->on_events(events);
    if (!is_cancelled(ready.handle.get())) return loop_.push(ready.handle);
    loop_.watches().remove(fd_, direction);  // by its handle's cancel(), which asyncio never uses
  }

  Loop& loop_;
  int fd_;
  Side reader_;
  Side writer_;

 public:
  Ref file;  // what the descriptor was named by
};

Watches::Watches(Loop& loop) : loop_{loop} {}
Watches::~Watches() = default;

void Watches::clear() {
  const auto watches = std::exchange(watches_, {});  // what it releases may call us
}

int Watches::commit(Watch& watch) {
  const int fd = watch.fd();
  const std::uint32_t wanted = watch.wanted();
  const int error = loop_.poller().set(fd, wanted, watch);
  if (wanted == 0 || error != 0) {
    const auto found = watches_.find(fd);
    loop_.retire(std::move(found->second));
    watches_.erase(found);
  }
  return error;
}

bool Watches::apply(Watch& watch) {
  const int error = commit(watch);
  if (error == 0) return true;
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

bool Watches::add(int fd, PyObject* file, Direction direction, PyObject* handle) {
  auto& watch = watches_[fd];
  if (!watch) watch = std::make_unique<Watch>(loop_, fd);
  watch->file = borrow(file);
  Watch::Side& side = watch->side(direction);
  side.sink = nullptr;
  const Ref old = std::exchange(side.handle, borrow(handle));
  return apply(*watch) && (!old || cancel(old.get()));
}

int Watches::remove(int fd, Direction direction) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return 0;
  const Ref old = std::exchange(found->second->side(direction).handle, {});
  if (!old) return 0;
  return apply(*found->second) && cancel(old.get()) ? 1 : -1;
}

int Watches::set(int fd, std::uint32_t wanted, common::EventSink& sink) {
  auto& watch = watches_[fd];
  if (!watch) watch = std::make_unique<Watch>(loop_, fd);
  for (const Direction direction : {Direction::read, Direction::write}) {
    const std::uint32_t event = direction == Direction::read ? EPOLLIN : EPOLLOUT;
    Watch::Side& side = watch->side(direction);
    if ((wanted & event) == 0) {
      if (side.sink == &sink) side.sink = nullptr;
      continue;
    }
    side.sink = &sink;
    const Ref old = std::exchange(side.handle, {});
    if (old && !cancel(old.get())) PyErr_Clear();  // its repr() failed
  }
  return commit(*watch);
}

void Watches::forget(int fd, common::EventSink& sink) {
  if (watches_.contains(fd)) set(fd, 0, sink);
}

int Watches::find(PyObject* file) const {
  for (const auto& [fd, watch] : watches_)
    if (watch->file.get() == file) return fd;
  return -1;
}

int Watches::traverse(visitproc visit, void* argument) const {
  for (const auto& [fd, watch] : watches_)
    if (const int result = watch->traverse(visit, argument); result != 0) return result;
  return 0;
}

}  // namespace asgi_worker::loop
