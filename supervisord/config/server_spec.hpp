// [supervisord] and the sections of its servers, resolved. Source: Supervisor manual,
// "[supervisord] Section Values".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/config/access_spec.hpp"
#include "supervisord/config/process_spec.hpp"

namespace supervisord::config {

/// Supervisor's levels; `blather` and `trace` lie below `debug`.
enum class LogLevel { critical, error, warn, info, debug, trace, blather };

/// When the suite ends by itself, with the program's exit status (128+n for a signal). OURS:
/// `exit_on = never | fatal | fatal:NAME | exit:NAME`, NAME a process or "group:process".
struct ExitOn {
  enum class Kind { never, fatal, exit };
  Kind kind = Kind::never;
  std::string process;  // "" for any

  friend bool operator==(const ExitOn&, const ExitOn&) = default;
};

struct DaemonSpec {
  std::string logfile;  // absolute; "" for NONE; "syslog" is LogSpec-like: see `log_to_syslog`
  bool log_to_syslog = false;
  std::uint64_t logfile_rotate_at_bytes = 50 * 1024 * 1024;
  int logfile_backups = 10;
  LogLevel loglevel = LogLevel::info;
  std::string pidfile;  // absolute
  std::string rundir;   // absolute; OURS, default: the pid file without .pid, with .d
  mode_t umask = 022;
  bool nodaemon = false;
  bool silent = false;
  bool nocleanup = false;
  bool strip_ansi = false;
  std::uint64_t minfds = 1024;
  std::uint64_t minprocs = 200;
  std::string childlogdir;  // absolute
  std::optional<UserSpec> user;
  std::optional<std::string> directory;
  std::vector<std::pair<std::string, std::string>> environment;
  std::string identifier = "supervisor";
  ExitOn exit_on;

  friend bool operator==(const DaemonSpec&, const DaemonSpec&) = default;
};

/// What [grpc_server] has beside its address. Paths are absolute; "" for none.
struct GrpcServerSpec {
  std::string certfile;  // with it: TLS
  std::string keyfile;
  std::string client_ca;
  std::string tokens_file;

  friend bool operator==(const GrpcServerSpec&, const GrpcServerSpec&) = default;
};

/// [unix_http_server], [inet_http_server] or [grpc_server].
struct ServerSpec {
  std::string section;
  std::string unix_path;  // absolute, for a Unix socket; else ""
  mode_t mode = 0700;     // of the Unix socket
  std::optional<uid_t> owner;
  std::optional<gid_t> owner_group;
  std::string host;  // "" for all interfaces
  std::uint16_t port = 0;
  std::string username;  // "" with no authentication
  std::string password;  // plain, or {SHA} and 40 hex digits
  // Who may do what; none: whoever can connect is admin. Users and groups of the peer's process on
  // a Unix socket, names and organizations of client certificates in [grpc_server].
  std::vector<Allowed> allow_users;
  std::vector<Allowed> allow_groups;
  std::optional<GrpcServerSpec> grpc;  // of [grpc_server]: it answers no HTTP

  friend bool operator==(const ServerSpec&, const ServerSpec&) = default;
};

}  // namespace supervisord::config
