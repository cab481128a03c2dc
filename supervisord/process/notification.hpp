// The socket on which a program with ready_notification=notify_socket says READY=1, STATUS= and
// MAINPID=. The datagrams are sd_notify's. Source: sd_notify(3).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::process {

struct Notification {
  bool ready = false;
  bool has_status = false;
  pid_t main_pid = 0;  // MAINPID: 0 when it is not said, or no number
  std::string status;  // one line, control characters taken out
};

/// Pure. Lines that are not known are passed over.
Notification parse_notification(std::string_view datagram);

struct NotifySocket {
  common::UniqueFd fd;  // datagram, non-blocking
  std::string address;  // for NOTIFY_SOCKET: a path, or '@' and an abstract name
};

/// Makes RUNDIR/notify/NUMBER, open to every user; an abstract one where that directory cannot be
/// written or the path is too long.
common::Result<NotifySocket> make_notify_socket(const std::string& rundir, unsigned number);

}  // namespace supervisord::process
