#include "asgi-worker/loop/poller.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

namespace asgi_worker::loop {

void Poller::WakeUp::on_events(std::uint32_t) {
  std::uint64_t count = 0;  // of no interest: it only ends a wait
  static_cast<void>(!::read(poller_.wake_up_.get(), &count, sizeof count));
}

int Poller::open() {
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return errno;
  wake_up_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_up_) return errno;
  return control(EPOLL_CTL_ADD, wake_up_.get(), EPOLLIN, on_wake_up_);
}

void Poller::close() {
  registered_.clear();
  wake_up_.reset();
  epoll_.reset();
}

int Poller::control(int operation, int fd, std::uint32_t events, common::EventSink& sink) {
  epoll_event event{.events = events, .data = {.ptr = &sink}};
  return ::epoll_ctl(epoll_.get(), operation, fd, &event) == 0 ? 0 : errno;
}

int Poller::set(int fd, std::uint32_t events, common::EventSink& sink) {
  if (!epoll_) return EBADF;
  const auto found = registered_.find(fd);
  const bool is_known = found != registered_.end();
  if (events == 0) {
    if (!is_known) return 0;
    registered_.erase(found);
    const int error = control(EPOLL_CTL_DEL, fd, 0, sink);
    return error == EBADF || error == ENOENT ? 0 : error;  // it was closed, and so left
  }
  int error = control(is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, events, sink);
  // Closed without a word, and its number given out again (or kept by a duplicate).
  if (error == ENOENT) error = control(EPOLL_CTL_ADD, fd, events, sink);
  if (error == EEXIST) error = control(EPOLL_CTL_MOD, fd, events, sink);
  if (error == 0)
    registered_[fd] = {events, &sink};
  else if (is_known)
    registered_.erase(found);
  return error;
}

void Poller::forget(int fd, const common::EventSink& sink) {
  const auto found = registered_.find(fd);
  if (found != registered_.end() && found->second.sink == &sink) set(fd, 0, *found->second.sink);
}

std::uint32_t Poller::events_of(int fd) const {
  const auto found = registered_.find(fd);
  return found == registered_.end() ? 0 : found->second.events;
}

int Poller::wait(Duration most) {
  if (most.count() <= 0 || !is_precise_) return wait_by_milliseconds(most);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(most);
  const timespec limit{.tv_sec = seconds.count(),
                       .tv_nsec = std::chrono::nanoseconds{most - seconds}.count()};
  const int count = ::epoll_pwait2(epoll_.get(), events_.data(), most_events, &limit, nullptr);
  if (count >= 0) return count;
  if (errno != ENOSYS && errno != EPERM) return -errno;  // EPERM: a container's filter
  is_precise_ = false;
  return wait_by_milliseconds(most);
}

int Poller::wait_by_milliseconds(Duration most) {
  const auto limit = most == no_limit ? std::chrono::milliseconds{-1}
                                      : std::chrono::ceil<std::chrono::milliseconds>(most);
  const int count =
      ::epoll_wait(epoll_.get(), events_.data(), most_events, static_cast<int>(limit.count()));
  return count < 0 ? -errno : count;
}

void Poller::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_up_.get(), &one, sizeof one));  // full: it is awake already
}

int Poller::renew_after_fork() {
  const auto registered = std::move(registered_);
  close();
  if (const int error = open(); error != 0) return error;
  for (const auto& [fd, registration] : registered)
    set(fd, registration.events, *registration.sink);  // one that is closed by now is left out
  return 0;
}

}  // namespace asgi_worker::loop
