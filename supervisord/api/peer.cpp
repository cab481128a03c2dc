#include "supervisord/api/peer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace supervisord::api {
namespace {

void answer_and_close(const HttpConnection& connection, std::string_view status,
                      std::string_view text) {
  const std::string answer =
      "HTTP/1.1 " + std::string{status} +
      "\r\nContent-Type: text/plain\r\nContent-Length: " + std::to_string(text.size()) +
      "\r\nConnection: close\r\n\r\n" + std::string{text};
  // What is unread at close would turn the answer into a reset.
  std::array<char, 16384> rest;
  while (::recv(connection.fd.get(), rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
  }
  // A fresh socket's buffer holds it; a peer that is gone already misses nothing.
  [[maybe_unused]] const ssize_t sent =
      ::send(connection.fd.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

std::string text_of(const PeerProcess& process) {
  std::string out = "uid " + std::to_string(process.uid);
  if (!process.user.empty()) out += " (" + process.user + ")";
  return out + ", pid " + std::to_string(process.pid);
}

std::optional<Role> AllowList::role_of(const PeerProcess& process) const {
  if (is_empty() || process.uid == 0 || process.uid == own_uid) return Role::admin;
  std::optional<Role> role;
  const auto raise = [&role](const config::Allowed& each, bool fits) {
    if (fits && (!role || *role < each.role)) role = each.role;
  };
  for (const auto& user : users) raise(user, user.id == process.uid);
  for (const auto& group : groups) {
    raise(group, group.id == process.gid ||
                     std::ranges::find(process.groups, group.id) != process.groups.end());
  }
  return role;
}

std::string AllowList::name_of(uid_t uid) const {
  const auto found =
      std::ranges::find_if(users, [uid](const auto& user) { return user.id == uid; });
  return found == users.end() ? "" : found->name;
}

Policy local_policy(Credentials credentials, AllowList allow) {
  return {[](const Peer& peer) { return peer.loopback; }, std::move(allow), std::move(credentials)};
}

void answer_not_implemented(HttpConnection connection) {
  answer_and_close(connection, "501 Not Implemented", "This supervisord answers gRPC only here\n");
}

void answer_forbidden(HttpConnection connection) {
  answer_and_close(connection, "403 Forbidden",
                   "HTTP is for the role admin only on this socket (allow_users, allow_groups)\n");
}

}  // namespace supervisord::api
