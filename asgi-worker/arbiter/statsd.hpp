// Datagrams to a statsd server. Nothing waits for it, and nothing is said when it is not there.
#pragma once

#include <string>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

class StatsdSender {
 public:
  /// "HOST:PORT", "HOST" (port 8125) or "unix://PATH". Errors: Errc::bad_value, or the resolver's.
  static common::Result<StatsdSender> open(const std::string& address);
  /// Nothing for "".
  void send(const std::string& datagram) const;

 private:
  explicit StatsdSender(common::UniqueFd socket) : socket_{std::move(socket)} {}
  common::UniqueFd socket_;
};

}  // namespace asgi_worker::arbiter
