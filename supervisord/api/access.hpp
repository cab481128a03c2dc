// Who may call what: the one table of the methods with the role each needs, and the check of a
// Basic `authorization` field. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "supervisord/config/access_spec.hpp"

namespace supervisord::api {

using config::Role;
using config::role_name;
using config::role_named;

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
  list_usage,
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

struct MethodRow {
  Method method;
  std::string_view name;  // the proto's
  Role needs;
};

/// In the order of Method. A method that needs more than read is a change, and is logged.
constexpr std::array methods{
    MethodRow{Method::list_processes, "ListProcesses", Role::read},
    MethodRow{Method::watch_processes, "WatchProcesses", Role::read},
    MethodRow{Method::start_processes, "StartProcesses", Role::operate},
    MethodRow{Method::stop_processes, "StopProcesses", Role::operate},
    MethodRow{Method::restart_processes, "RestartProcesses", Role::operate},
    MethodRow{Method::signal_processes, "SignalProcesses", Role::operate},
    MethodRow{Method::send_process_stdin, "SendProcessStdin", Role::operate},
    MethodRow{Method::list_usage, "ListUsage", Role::read},
    MethodRow{Method::read_log, "ReadLog", Role::read},
    MethodRow{Method::follow_log, "FollowLog", Role::read},
    MethodRow{Method::clear_process_logs, "ClearProcessLogs", Role::operate},
    MethodRow{Method::clear_main_log, "ClearMainLog", Role::admin},
    MethodRow{Method::watch_events, "WatchEvents", Role::read},
    MethodRow{Method::get_daemon, "GetDaemon", Role::read},
    MethodRow{Method::shutdown, "Shutdown", Role::admin},
    MethodRow{Method::reload, "Reload", Role::admin},
    MethodRow{Method::reopen_logs, "ReopenLogs", Role::admin},
    MethodRow{Method::upgrade, "Upgrade", Role::admin},
    MethodRow{Method::list_sockets, "ListSockets", Role::read},
    MethodRow{Method::reread, "Reread", Role::admin},
    MethodRow{Method::update_groups, "UpdateGroups", Role::admin},
    MethodRow{Method::add_group, "AddGroup", Role::admin},
    MethodRow{Method::remove_group, "RemoveGroup", Role::admin},
    MethodRow{Method::list_available, "ListAvailable", Role::read},
    MethodRow{Method::describe_process, "DescribeProcess", Role::read},
};

constexpr const MethodRow& row_of(Method method) {
  return methods[static_cast<std::size_t>(method)];
}
static_assert([] {
  for (const MethodRow& row : methods) {
    if (&row_of(row.method) != &row) return false;
  }
  return methods.size() == static_cast<std::size_t>(Method::describe_process) + 1;
}());

constexpr bool may(Role role, Method method) { return role >= row_of(method).needs; }
constexpr bool is_change(Method method) { return row_of(method).needs > Role::read; }

/// Whether an `authorization` field's value ("Basic dXNlcjpwYXNz") bears these credentials;
/// compared in constant time.
bool bears(std::string_view authorization, const Credentials& credentials);

}  // namespace supervisord::api
