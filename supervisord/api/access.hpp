// Who may call what: the roles, the one table of the methods with the role each needs, and the
// check of a Basic `authorization` field. Pure.
#pragma once

#include <string>
#include <string_view>

namespace supervisord::api {

/// Each may do what those before it may.
enum class Role { read, operate, admin };

/// A user's name and password as configured; the password is plain, or {SHA} and the 40 hex digits
/// of its SHA-1.
struct Credentials {
  std::string username;  // "": none are asked for
  std::string password;

  friend bool operator==(const Credentials&, const Credentials&) = default;
  friend auto operator<=>(const Credentials&, const Credentials&) = default;
};

enum class Method {
  list_processes,
  watch_processes,
  start_processes,
  stop_processes,
  restart_processes,
  signal_processes,
  send_process_stdin,
  read_log,
  follow_log,
  clear_process_logs,
  clear_main_log,
  watch_events,
  get_daemon,
  shutdown,
  reload,
  reopen_logs,
  upgrade,
  list_sockets,
  reread,
  update_groups,
  add_group,
  remove_group,
  list_available,
  describe_process,
};

constexpr Role role_needed(Method method) {
  switch (method) {
    case Method::list_processes:
    case Method::watch_processes:
    case Method::read_log:
    case Method::follow_log:
    case Method::watch_events:
    case Method::get_daemon:
    case Method::list_sockets:
    case Method::list_available:
    case Method::describe_process: return Role::read;
    case Method::start_processes:
    case Method::stop_processes:
    case Method::restart_processes:
    case Method::signal_processes:
    case Method::send_process_stdin:
    case Method::clear_process_logs: return Role::operate;
    case Method::clear_main_log:
    case Method::shutdown:
    case Method::reload:
    case Method::reopen_logs:
    case Method::upgrade:
    case Method::reread:
    case Method::update_groups:
    case Method::add_group:
    case Method::remove_group: return Role::admin;
  }
  return Role::admin;
}

constexpr bool may(Role role, Method method) { return role >= role_needed(method); }

std::string_view role_name(Role role);

/// Whether an `authorization` field's value ("Basic dXNlcjpwYXNz") bears these credentials;
/// compared in constant time.
bool bears(std::string_view authorization, const Credentials& credentials);

}  // namespace supervisord::api
