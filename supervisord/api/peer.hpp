// Who is at the other end of an accepted connection, and what a listening socket lets whom do.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "common/unique_fd.hpp"
#include "supervisord/api/access.hpp"

namespace supervisord::api {

/// SO_PEERCRED, read at accept.
struct PeerProcess {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
};

struct Peer {
  std::optional<PeerProcess> process;  // on a Unix socket
  bool loopback = false;               // 127/8 and ::1; also every Unix socket
};

struct Policy {
  /// The role of a peer in gRPC; none: it is refused.
  std::function<std::optional<Role>(const Peer&)> role;
  Credentials credentials;  // asked for in each call, when there is a username
};

/// Whoever can connect to a Unix socket is admin; elsewhere only loopback may speak gRPC.
Policy local_policy(Credentials credentials = {});

/// A connection that does not speak gRPC: non-blocking, nothing of it read yet.
struct HttpConnection {
  common::UniqueFd fd;
  Peer peer;
  Credentials credentials;
};
using HttpHandler = std::function<void(HttpConnection)>;

/// Answers 501 and closes.
void answer_not_implemented(HttpConnection connection);

}  // namespace supervisord::api
