// Who is at the other end of an accepted connection, and what a listening socket lets whom do.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"
#include "supervisord/api/access.hpp"

namespace supervisord::api {

/// SO_PEERCRED and SO_PEERGROUPS, read at accept.
struct PeerProcess {
  pid_t pid = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
  std::string user;           // as the section names it; "" when it does not
};

/// "uid 1000 (alice), pid 4711".
std::string text_of(const PeerProcess& process);

struct Peer {
  std::optional<PeerProcess> process;  // on a Unix socket
  bool loopback = false;               // 127/8 and ::1; also every Unix socket
  std::string address;                 // "10.0.0.1"; "" on a Unix socket
};

/// Who may do what on a socket; empty: whoever can connect is admin. Names are users and groups.
struct AllowList {
  std::vector<config::Allowed> users;
  std::vector<config::Allowed> groups;
  uid_t own_uid = 0;  // the daemon's: admin always, like root

  bool is_empty() const { return users.empty() && groups.empty(); }
  /// The highest role of its user and groups; none: it is not let in.
  std::optional<Role> role_of(const PeerProcess& process) const;
  std::string name_of(uid_t uid) const;
};

struct Policy {
  /// Whether the peer may speak gRPC at all; it is closed otherwise.
  std::function<bool(const Peer&)> takes;
  AllowList allow;
  Credentials credentials;  // asked for in each call, when there is a username
};

/// A Unix socket, or loopback: nobody else may speak gRPC without TLS.
Policy local_policy(Credentials credentials = {}, AllowList allow = {});

/// A connection that does not speak gRPC: non-blocking, nothing of it read yet.
struct HttpConnection {
  common::UniqueFd fd;
  Peer peer;
  Credentials credentials;
};
using HttpHandler = std::function<void(HttpConnection)>;

/// Answers 501 and closes.
void answer_not_implemented(HttpConnection connection);
/// Answers 403 and closes.
void answer_forbidden(HttpConnection connection);

}  // namespace supervisord::api
