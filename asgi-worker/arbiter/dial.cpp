#include "asgi-worker/arbiter/dial.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "common/overloaded.hpp"

namespace asgi_worker::arbiter {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using common::UniqueFd;

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// The connection itself is waited for: it is made at the start, or to somebody who was there.
Result<UniqueFd> connected(int family, int type, const sockaddr* name, socklen_t size) {
  UniqueFd socket{::socket(family, type | SOCK_CLOEXEC, 0)};
  if (!socket || ::connect(socket.get(), name, size) != 0)
    return common::system_error("connect", errno);
  if (auto set = common::set_blocking(socket.get(), common::Blocking::no); !set) return set.error();
  return socket;
}

Result<UniqueFd> dial_path(const std::string& path, int type) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) return Error{Errc::bad_value, "the path is too long"};
  std::memcpy(name.sun_path, path.data(), path.size());
  return connected(AF_UNIX, type, reinterpret_cast<const sockaddr*>(&name), sizeof name);
}

Result<UniqueFd> dial_host(const common::TcpAddress& to, int type) {
  addrinfo hints{};
  hints.ai_socktype = type;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(to.host.c_str(), std::to_string(to.port).c_str(), &hints, &list);
  if (error != 0) return Error{Errc::bad_value, ::gai_strerror(error)};
  const std::unique_ptr<addrinfo, FreeList> owned{list};
  Result<UniqueFd> last = Error{Errc::bad_value, "no address"};
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    last = connected(one->ai_family, type, one->ai_addr, one->ai_addrlen);
    if (last) break;
  }
  return last;
}

}  // namespace

Result<UniqueFd> dial(const common::Address& address, int type) {
  return std::visit(common::Overloaded{
                        [&](const common::UnixAddress& to) { return dial_path(to.path, type); },
                        [&](const common::TcpAddress& to) { return dial_host(to, type); },
                        [](const common::FdAddress&) -> Result<UniqueFd> {
                          return Error{Errc::bad_value, "neither HOST:PORT nor unix://PATH"};
                        },
                    },
                    address);
}

}  // namespace asgi_worker::arbiter
