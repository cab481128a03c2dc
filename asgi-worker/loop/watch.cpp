#include "asgi-worker/loop/watch.hpp"

#include <sys/epoll.h>

#include <cerrno>

#include "asgi-worker/loop/loop.hpp"

namespace asgi_worker::loop {

using python::borrow;
using python::Ref;

class Watches::Watch final : public common::EventSink {
 public:
  Watch(Loop& loop, int fd, PyObject* named) : loop_{loop}, fd_{fd}, file{borrow(named)} {}

  int fd() const { return fd_; }
  Ref& handle(Direction direction) { return direction == Direction::read ? reader_ : writer_; }
  std::uint32_t wanted() const {
    return (reader_ ? std::uint32_t{EPOLLIN} : 0U) | (writer_ ? std::uint32_t{EPOLLOUT} : 0U);
  }
  /// An error or a hang-up is for both: each will meet it.
  void on_events(std::uint32_t events) override {
    if ((events & ~std::uint32_t{EPOLLOUT}) != 0) push(Direction::read);
    if ((events & ~std::uint32_t{EPOLLIN}) != 0) push(Direction::write);
  }
  int traverse(visitproc visit, void* arg) const {
    Py_VISIT(reader_.get());
    Py_VISIT(writer_.get());
    Py_VISIT(file.get());
    return 0;
  }

 private:
  void push(Direction direction) {
    const Ref& ready = handle(direction);
    if (!ready) return;
    if (!is_cancelled(ready.get())) return loop_.push(ready);
    loop_.watches().remove(fd_, direction);  // by its handle's cancel(), which asyncio never uses
  }

  Loop& loop_;
  int fd_;
  Ref reader_;
  Ref writer_;

 public:
  Ref file;
};

Watches::Watches(Loop& loop) : loop_{loop} {}
Watches::~Watches() = default;

void Watches::clear() {
  const auto watches = std::exchange(watches_, {});  // what it releases may call us
}

bool Watches::apply(Watch& watch) {
  const int fd = watch.fd();
  const std::uint32_t wanted = watch.wanted();
  const int error = loop_.poller().set(fd, wanted, watch);
  if (wanted == 0 || error != 0) {
    const auto found = watches_.find(fd);
    loop_.retire(std::move(found->second));
    watches_.erase(found);
  }
  if (error == 0) return true;
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

bool Watches::add(int fd, PyObject* file, Direction direction, PyObject* handle) {
  auto& watch = watches_[fd];
  if (!watch) watch = std::make_unique<Watch>(loop_, fd, file);
  watch->file = borrow(file);
  const Ref old = std::exchange(watch->handle(direction), borrow(handle));
  return apply(*watch) && (!old || cancel(old.get()));
}

int Watches::remove(int fd, Direction direction) {
  const auto found = watches_.find(fd);
  if (found == watches_.end()) return 0;
  const Ref old = std::exchange(found->second->handle(direction), {});
  if (!old) return 0;
  return apply(*found->second) && cancel(old.get()) ? 1 : -1;
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
