#include "asgi-worker/arbiter/statsd.hpp"

#include <sys/socket.h>

#include "asgi-worker/arbiter/dial.hpp"

namespace asgi_worker::arbiter {

using common::Errc;
using common::Error;
using common::Result;

Result<StatsdSender> StatsdSender::open(const std::string& address) {
  const auto parsed = common::parse_address(address, 8125);
  if (!parsed) return parsed.error();
  auto socket = dial(*parsed, SOCK_DGRAM);
  if (!socket)
    return Error{Errc::bad_value,
                 "Invalid value for --statsd-host: '" + address + "': " + socket.error().context};
  return StatsdSender{std::move(*socket)};
}

void StatsdSender::send(const std::string& datagram) const {
  if (!datagram.empty())
    static_cast<void>(!::send(socket_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL));
}

}  // namespace asgi_worker::arbiter
