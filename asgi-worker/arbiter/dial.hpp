// A connected, non-blocking socket to somebody whom we only tell things: statsd, syslog.
#pragma once

#include "common/bind.hpp"
#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// `type`: SOCK_DGRAM or SOCK_STREAM. Errors: errno, or Errc::bad_value with what the resolver
/// says.
common::Result<common::UniqueFd> dial(const common::Address& address, int type);

}  // namespace asgi_worker::arbiter
