// The loop's epoll instance: which descriptors are watched, for what, and who is told; and the
// descriptor by which another thread ends a wait. Owned by the Loop; its thread only, but for
// wake(). Pure of Python: whoever waits long lets go of the interpreter first.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <unordered_map>

#include "common/event_sink.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::loop {

class Poller {
 public:
  static constexpr int most_events = 256;  // the others stay ready
  using Duration = std::chrono::microseconds;
  static constexpr Duration no_limit{-1};

  /// 0, or the errno of epoll_create1 or eventfd.
  int open();
  void close();
  bool is_open() const { return static_cast<bool>(epoll_); }
  /// The instance, for a guest that registers its own.
  int fd() const { return epoll_.get(); }

  /// Watches `fd` for `events` (EPOLLIN, EPOLLOUT) from now on; none: not any more. `sink` stays
  /// until no event read before can name it. 0, or the errno of epoll_ctl.
  int set(int fd, std::uint32_t events, common::EventSink& sink);
  /// As set() without events, for whoever may have been replaced on that descriptor.
  void forget(int fd, const common::EventSink& sink);
  std::uint32_t events_of(int fd) const;

  /// Number of events, or minus the errno of epoll_wait. Where the kernel has no epoll_pwait2 (it
  /// came with Linux 5.11), `most` is rounded up to milliseconds.
  int wait(Duration most);
  const epoll_event& event(int index) const { return events_[static_cast<std::size_t>(index)]; }
  /// Ends a wait, from any thread.
  void wake();

  /// In a forked child: an instance of its own, since the parent's is shared. 0 or errno.
  int renew_after_fork();

 private:
  struct Registration {
    std::uint32_t events;
    common::EventSink* sink;
  };
  class WakeUp final : public common::EventSink {
   public:
    explicit WakeUp(Poller& poller) : poller_{poller} {}
    void on_events(std::uint32_t) override;

   private:
    Poller& poller_;
  };

  int wait_by_milliseconds(Duration most);
  int control(int operation, int fd, std::uint32_t events, common::EventSink& sink);

  common::UniqueFd epoll_;
  common::UniqueFd wake_up_;
  WakeUp on_wake_up_{*this};
  bool is_precise_ = true;
  std::unordered_map<int, Registration> registered_;
  std::array<epoll_event, most_events> events_{};
};

}  // namespace asgi_worker::loop
