#include "supervisord/api/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

namespace supervisord::api {
namespace asio = boost::asio;
using namespace std::chrono_literals;

Greeting greeting_of(std::string_view first_bytes) {
  constexpr std::string_view preface = "PRI";  // RFC 9113 3.4; no HTTP/1 method begins so
  if (first_bytes.starts_with(preface)) return Greeting::grpc;
  return preface.starts_with(first_bytes) ? Greeting::too_short : Greeting::http;
}

namespace {

/// None when they cannot be told.
std::vector<gid_t> groups_of(int fd) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) == 0) {
      groups.resize(bytes / sizeof(gid_t));
      return groups;
    }
    if (errno != ERANGE) return {};
    groups.resize(bytes / sizeof(gid_t));
  }
}

Peer peer_of(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  if (address.ss_family == AF_UNIX) {
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return {};
    PeerProcess process{credentials.pid, credentials.uid, credentials.gid, groups_of(fd), ""};
    return {std::move(process), true, ""};
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return {std::nullopt, (ntohl(in.sin_addr.s_addr) >> 24) == 127, text.data()};
  }
  if (address.ss_family == AF_INET6) {
    const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
    ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
    return {std::nullopt, IN6_IS_ADDR_LOOPBACK(&in.sin6_addr) != 0, text.data()};
  }
  return {};
}

/// No waiting for more to send: gRPC does not say so of connections that are handed to it. No TCP,
/// no matter.
void answer_at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

/// A connection that has not yet said what it speaks. The Listener holds it; its waits hold it
/// until they have ended.
class Listener::Newcomer : public std::enable_shared_from_this<Newcomer> {
 public:
  Newcomer(Listener& listener, common::UniqueFd fd)
      : listener_{&listener},
        peer_{peer_of(fd.get())},
        socket_{listener.loop_, fd.release()},
        timer_{listener.loop_} {}

  void start() {
    deadline_ = std::chrono::steady_clock::now() + listener_->greeting_limit_;
    timer_.expires_at(deadline_);
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error) self->leave();
    });
    wait();
  }
  /// The Listener is gone.
  void cut() {
    listener_ = nullptr;
    timer_.cancel();
    socket_.close();
  }

 private:
  void wait() {
    socket_.async_wait(asio::posix::descriptor_base::wait_read,
                       [self = shared_from_this()](auto error) {
                         if (!error && self->listener_ != nullptr) self->look();
                       });
  }
  void look() {
    std::array<char, 3> bytes;
    const ssize_t size =
        ::recv(socket_.native_handle(), bytes.data(), bytes.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return wait();
    if (size <= 0) return leave();
    switch (greeting_of({bytes.data(), static_cast<std::size_t>(size)})) {
      case Greeting::grpc: return hand_over(listener_->handlers_.grpc);
      case Greeting::http: return hand_over(listener_->handlers_.http);
      case Greeting::too_short: return look_later();
    }
  }
  /// What is there stays readable, so waiting for more of it would return at once.
  void look_later() {
    if (std::chrono::steady_clock::now() >= deadline_) return leave();
    timer_.expires_after(10ms);
    timer_.async_wait([self = shared_from_this()](auto error) {
      if (!error && self->listener_ != nullptr) self->look();
    });
  }
  void hand_over(const std::function<void(common::UniqueFd, const Peer&)>& handler) {
    const auto self = shared_from_this();
    timer_.cancel();
    common::UniqueFd fd{socket_.release()};
    // From here on the Listener knows nothing of us, and may end before a timer that has just
    // expired calls.
    std::exchange(listener_, nullptr)->newcomers_.erase(self);
    handler(std::move(fd), peer_);
  }
  void leave() {
    if (listener_ == nullptr) return;
    const auto self = shared_from_this();
    listener_->newcomers_.erase(self);
    cut();
  }

  Listener* listener_;  // null once it is gone
  Peer peer_;
  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
};

Listener::Listener(asio::io_context& loop, common::UniqueFd socket,
                   std::chrono::milliseconds greeting_limit, Handlers handlers)
    : loop_{loop},
      socket_{loop, socket.release()},
      rest_{loop},
      greeting_limit_{greeting_limit},
      handlers_{std::move(handlers)} {
  socket_.non_blocking(true);
  wait();
}

Listener::~Listener() {
  for (const auto& newcomer : newcomers_) newcomer->cut();
}

void Listener::wait() {
  // Cancelled by the destructor of socket_, and then `this` is not touched.
  socket_.async_wait(asio::posix::descriptor_base::wait_read, [this](auto error) {
    if (!error) accept_all();
  });
}

void Listener::accept_all() {
  constexpr int at_once = 64;  // then the loop's other work has its turn
  for (int count = 0; count < at_once; ++count) {
    common::UniqueFd fd{
        ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd) {
      if (errno == EAGAIN) break;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return rest();
    }
    answer_at_once(fd.get());
    if (!handlers_.http) {
      const Peer peer = peer_of(fd.get());
      handlers_.grpc(std::move(fd), peer);
      continue;
    }
    const auto newcomer = std::make_shared<Newcomer>(*this, std::move(fd));
    newcomers_.insert(newcomer);
    newcomer->start();
  }
  wait();
}

void Listener::rest() {
  rest_.expires_after(100ms);
  rest_.async_wait([this](auto error) {
    if (!error) wait();
  });
}

}  // namespace supervisord::api
