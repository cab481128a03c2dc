#include "asgi-worker/arbiter/statsd.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "common/bind.hpp"

namespace asgi_worker::arbiter {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using common::UniqueFd;

Error bad_address(const std::string& address, const char* why) {
  return {Errc::bad_value, "Invalid value for --statsd-host: '" + address + "': " + why};
}

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

constexpr int kind = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

Result<UniqueFd> connected(const std::string& address, const common::UnixAddress& to) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (to.path.size() >= sizeof name.sun_path) return bad_address(address, "the path is too long");
  std::memcpy(name.sun_path, to.path.data(), to.path.size());
  UniqueFd socket{::socket(AF_UNIX, kind, 0)};
  if (!socket || ::connect(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name) != 0)
    return bad_address(address, std::strerror(errno));
  return socket;
}

Result<UniqueFd> connected(const std::string& address, const common::TcpAddress& to) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (const int error =
          ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &list);
      error != 0)
    return bad_address(address, ::gai_strerror(error));
  const std::unique_ptr<addrinfo, FreeList> owned{list};
  UniqueFd socket{::socket(list->ai_family, kind, 0)};
  if (!socket || ::connect(socket.get(), list->ai_addr, list->ai_addrlen) != 0)
    return bad_address(address, std::strerror(errno));
  return socket;
}

}  // namespace

Result<StatsdSender> StatsdSender::open(const std::string& address) {
  const auto parsed = common::parse_address(address, 8125);
  if (!parsed) return parsed.error();
  auto socket = UniqueFd{};
  if (const auto* path = std::get_if<common::UnixAddress>(&*parsed)) {
    auto made = connected(address, *path);
    if (!made) return made.error();
    socket = std::move(*made);
  } else if (const auto* host = std::get_if<common::TcpAddress>(&*parsed)) {
    auto made = connected(address, *host);
    if (!made) return made.error();
    socket = std::move(*made);
  } else {
    return bad_address(address, "neither HOST:PORT nor unix://PATH");
  }
  return StatsdSender{std::move(socket)};
}

void StatsdSender::send(const std::string& datagram) const {
  if (!datagram.empty())
    static_cast<void>(!::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL));
}

}  // namespace asgi_worker::arbiter
