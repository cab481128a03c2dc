#include "asgi-worker/server/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <utility>

namespace asgi_worker::server {
namespace {

union Address {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
  sockaddr_storage storage;
};

http::Endpoint endpoint_of(const Address& address, socklen_t size) {
  char text[INET6_ADDRSTRLEN] = "";
  switch (address.any.sa_family) {
    case AF_INET:
      ::inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
      return {.host = text, .port = ntohs(address.v4.sin_port)};
    case AF_INET6:
      ::inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof text);
      return {.host = text, .port = ntohs(address.v6.sin6_port)};
    default: break;
  }
  const std::size_t before_path = offsetof(sockaddr_un, sun_path);
  if (size <= before_path || address.local.sun_path[0] == '\0')
    return {.host = "", .is_unix = true};
  const std::size_t most = std::min<std::size_t>(size - before_path, sizeof address.local.sun_path);
  return {.host = {address.local.sun_path, ::strnlen(address.local.sun_path, most)},
          .is_unix = true};
}

http::Endpoint local_endpoint(int fd) {
  Address address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd, &address.any, &size) != 0) return {};
  return endpoint_of(address, size);
}

bool is_short_of_descriptors(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

void Listener::leave() {
  for (int count = 0; count < most_at_the_end && !is_resting_ && has_room(); ++count)
    if (!accept_one()) break;
  rest(std::nullopt);
  has_left_ = true;
}

common::Result<void> Listener::open() {
  if (auto set = common::set_blocking(fd_, common::Blocking::no); !set) return set.error();
  Address address{};
  socklen_t size = sizeof address;
  if (::getsockname(fd_, &address.any, &size) != 0)
    return common::system_error("getsockname", errno);
  local_ = endpoint_of(address, size);
  is_wildcard_ = local_.host == "0.0.0.0" || local_.host == "::";
  if (!local_.is_unix) {
    const int on = 1;  // what is accepted inherits it
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (!join()) return common::system_error("epoll_ctl", errno);
  return {};
}

bool Listener::join() {
  // Exclusive: of the workers that share the socket one is woken, not all.
  epoll_event event{.events = EPOLLIN | EPOLLEXCLUSIVE,
                    .data = {.ptr = static_cast<EventSink*>(this)}};
  if (::epoll_ctl(turn_.epoll.get(), EPOLL_CTL_ADD, fd_, &event) != 0) return false;
  is_resting_ = false;
  is_full_ = false;
  resume_at_.reset();
  return true;
}

bool Listener::has_room() const {
  if (turn_.concurrency.pauses_accepting()) return false;
  const std::size_t most = turn_.settings.max_connections;
  return most == 0 || turn_.connections.size() < most;
}

bool Listener::is_above_share() const {
  return turn_.hooks.share != nullptr && turn_.hooks.share->is_above();
}

bool Listener::someone_waits() const {
  pollfd ready{.fd = fd_, .events = POLLIN, .revents = 0};
  return ::poll(&ready, 1, 0) == 1;
}

/// For one that waits; nobody loses a place otherwise.
bool Listener::make_room() {
  if (!someone_waits()) return false;
  if (turn_.close_idle()) return true;
  rest(turn_.now() + rest_time);
  is_full_ = true;
  return false;
}

void Listener::on_events(std::uint32_t) {
  int most = most_a_turn;
  const bool takes_any = std::exchange(has_yielded_, false);
  if (!is_above_share()) {
    after_yield_ = least_after_yield;
  } else if (takes_any) {
    most = after_yield_;
    after_yield_ = std::min(2 * after_yield_, most_a_turn);
  } else {
    has_yielded_ = true;
    return rest(turn_.now() + yield_time);
  }
  for (int count = 0; count < most && !has_left_; ++count) {
    if (turn_.concurrency.pauses_accepting()) return rest(std::nullopt);
    if (!has_room() && !make_room()) return;
    if (!accept_one()) return;
    if (!takes_any && is_above_share()) return;
  }
}

bool Listener::accept_one() {
  Address address{};
  socklen_t size = sizeof address;
  common::UniqueFd fd{::accept4(fd_, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!fd) {
    const int error = errno;  // the report writes, and may set another
    if (is_short_of_descriptors(error)) return take_short();
    // Nobody waits any more: only now is it over, a place that was made for one is soon taken.
    if (error == EAGAIN && std::exchange(is_short_, false) && turn_.hooks.report)
      turn_.hooks.report("accept: there are descriptors again");
    // A client that left before it was accepted (accept(2): such errors are as good as EAGAIN for
    // it, and the next one may wait behind).
    return error == ECONNABORTED || error == EPROTO || error == EINTR;
  }
  http::Endpoint local = is_wildcard_ ? local_endpoint(fd.get()) : local_;
  turn_.adopt(std::move(fd), endpoint_of(address, size), std::move(local));
  return true;
}

/// What waits in the backlog gets the place of a connection that is idle; else it waits on.
bool Listener::take_short() {
  if (!someone_waits()) return false;  // the kernel looks for a descriptor first
  if (!std::exchange(is_short_, true) && turn_.hooks.report)
    turn_.hooks.report("accept: out of descriptors; idle connections are closed, new ones wait");
  if (turn_.close_idle()) return true;
  rest(turn_.now() + rest_time);
  return false;
}

void Listener::rest(std::optional<Clock::time_point> until) {
  if (!is_resting_) ::epoll_ctl(turn_.epoll.get(), EPOLL_CTL_DEL, fd_, nullptr);
  is_resting_ = true;
  resume_at_ = until;
}

void Listener::resume_if_due(Clock::time_point now) {
  if (!is_resting_) return;
  // Somebody who may give way will have been idle long enough then; or a place has become free.
  const bool is_due = resume_at_ && *resume_at_ <= now;
  const bool is_free = has_room() && (!resume_at_ || is_full_);
  if (!is_due && !is_free) return;
  if (!join()) resume_at_ = now + rest_time;
}

}  // namespace asgi_worker::server
