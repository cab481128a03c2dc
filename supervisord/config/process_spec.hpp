// One process as configured: every option of its [program:x] resolved, expanded and checked.
// Source: Supervisor manual, "[program:x] Section Values"; defaults are Supervisor's.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace supervisord::config {

enum class AutoRestart { never, unexpected, always };

struct LogSpec {
  enum class Kind { none, auto_named, file };
  Kind kind = Kind::auto_named;
  std::string path;  // Kind::file: absolute, or /dev/stdout and the like
  std::uint64_t rotate_at_bytes = 50 * 1024 * 1024;  // 0: never
  int backups = 10;                                  // 0: truncated when full
  std::uint64_t capture_max_bytes = 0;
  bool events_enabled = false;
  bool syslog = false;

  friend bool operator==(const LogSpec&, const LogSpec&) = default;
};

/// A user as the configuration names one, looked up when it was read.
struct UserSpec {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;

  friend bool operator==(const UserSpec&, const UserSpec&) = default;
};

enum class ReadyNotification { none, notify_socket };

/// Where a socket for programs listens: that of an [fcgi-program:x], or a [socket:x].
struct ListenSpec {
  std::string url;  // in one spelling (host in lower case, path without ..): what reread compares
  std::string unix_path;  // absolute, for unix://; else ""
  std::string host;       // for tcp://
  std::uint16_t port = 0;
  int backlog = SOMAXCONN;
  mode_t mode = 0700;  // of a Unix socket
  std::optional<uid_t> owner = std::nullopt;
  std::optional<gid_t> owner_group = std::nullopt;

  friend bool operator==(const ListenSpec&, const ListenSpec&) = default;
};

/// A [socket:x]. OURS.
struct SocketSpec {
  std::string name;
  ListenSpec place;

  friend bool operator==(const SocketSpec&, const SocketSpec&) = default;
};

struct ProcessSpec {
  std::string program;  // the section's name
  std::string group;
  std::string name;
  std::string command;  // expanded, not yet split into words
  std::optional<std::string> directory;
  std::optional<mode_t> umask;
  std::vector<std::pair<std::string, std::string>>
      environment;  // [supervisord]'s, then the program's: later ones win
  std::optional<UserSpec> user;
  std::optional<std::string> server_url;  // none: AUTO
  int priority = 999;
  bool autostart = true;
  AutoRestart autorestart = AutoRestart::unexpected;
  std::chrono::seconds start_secs{1};
  int start_retries = 3;
  std::vector<int> exit_codes{0};
  int stop_signal = SIGTERM;
  int reload_signal = SIGHUP;  // OURS: what `ctl reload NAME` sends
  std::chrono::seconds stop_wait{10};
  bool stop_as_group = false;
  bool kill_as_group = false;
  bool stop_whole_tree = false;  // OURS: a stop reaches what left the process group
  bool redirect_stderr = false;
  LogSpec stdout_log;
  LogSpec stderr_log;
  bool strip_ansi = false;                                         // [supervisord]'s
  ReadyNotification ready_notification = ReadyNotification::none;  // OURS
  std::chrono::seconds ready_timeout{90};                          // OURS
  std::vector<SocketSpec> sockets;  // OURS: its descriptors from 3 on

  friend bool operator==(const ProcessSpec&, const ProcessSpec&) = default;
};

/// What makes a group a pool of event listeners. Source: Supervisor manual, "[eventlistener:x]".
struct EventListenerSpec {
  std::vector<std::string> events;  // names of event types, upper case, as subscribed
  int buffer_size = 10;             // events a pool keeps back, at least 1
  std::string result_handler = "supervisor.dispatchers:default_handler";

  friend bool operator==(const EventListenerSpec&, const EventListenerSpec&) = default;
};

struct GroupSpec {
  std::string name;
  int priority = 999;
  std::vector<ProcessSpec> processes;  // in configuration order, the order of autostart
  std::optional<EventListenerSpec> listener = std::nullopt;  // set: an [eventlistener:x]
  std::optional<ListenSpec> fcgi = std::nullopt;  // the shared socket of an [fcgi-program:x]

  friend bool operator==(const GroupSpec&, const GroupSpec&) = default;
};

}  // namespace supervisord::config
