// Lines to the service manager (sd_notify): "READY=1", "STOPPING=1", "STATUS=...". No libsystemd.
// Source: sd_notify(3).
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace common {

class Notifier {
 public:
  /// `socket` as NOTIFY_SOCKET has it: a path, or '@' and an abstract name; "" for none.
  explicit Notifier(std::string socket) : socket_{std::move(socket)} {}
  /// Sends one datagram, never waits; nothing without a socket. Errors: errno of socket or sendto.
  Result<void> send(std::string_view lines) const;

 private:
  std::string socket_;
};

}  // namespace common
