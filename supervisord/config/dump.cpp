#include "supervisord/config/dump.hpp"

#include <algorithm>
#include <cstdio>
#include <iterator>
#include <string_view>

#include "common/signals.hpp"

namespace supervisord::config {
namespace {

std::string text(bool value) { return value ? "true" : "false"; }
std::string text(int value) { return std::to_string(value); }
std::string text(std::chrono::seconds value) { return std::to_string(value.count()); }

std::string text(AutoRestart value) {
  switch (value) {
    case AutoRestart::never: return "false";
    case AutoRestart::unexpected: return "unexpected";
    case AutoRestart::always: return "true";
  }
  return "unexpected";
}

std::string text(ReadyNotification value) {
  switch (value) {
    case ReadyNotification::none: return "none";
    case ReadyNotification::notify_socket: return "notify_socket";
  }
  return "none";
}

std::string text(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) {
    if (!list.empty()) list += ',';
    list += value;
  }
  return list;
}

std::string text(const std::vector<int>& values) {
  std::string list;
  for (const int value : values) {
    if (!list.empty()) list += ',';
    list += std::to_string(value);
  }
  return list;
}

/// The largest unit that leaves nothing over.
std::string size_text(std::uint64_t bytes) {
  constexpr std::pair<std::string_view, std::uint64_t> units[] = {
      {"GB", 1024ull * 1024 * 1024}, {"MB", 1024 * 1024}, {"KB", 1024}};
  for (const auto& [suffix, scale] : units) {
    if (bytes != 0 && bytes % scale == 0)
      return std::to_string(bytes / scale) + std::string{suffix};
  }
  return std::to_string(bytes);
}

std::string octal_text(mode_t mode) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%03o", static_cast<unsigned>(mode));
  return buffer;
}

std::string signal_text(int number) {
  const std::string name = common::signal_name(number);
  return name.starts_with("SIG") ? name.substr(3) : std::to_string(number);
}

/// In quotes, so that it reads back as it is.
std::string environment_text(const std::vector<std::pair<std::string, std::string>>& environment) {
  std::string list;
  for (const auto& [key, value] : environment) {
    if (!list.empty()) list += ',';
    list += key + "=\"";
    for (const char c : value) {
      if (c == '"' || c == '\\') list += '\\';
      list += c;
    }
    list += '"';
  }
  return list;
}

std::string file_text(const LogSpec& log) {
  switch (log.kind) {
    case LogSpec::Kind::none: return "NONE";
    case LogSpec::Kind::auto_named: return "AUTO";
    case LogSpec::Kind::file: return log.path;
  }
  return "AUTO";
}

using Rows = std::vector<std::pair<std::string, std::string>>;

void add_log(const std::string& channel, const LogSpec& log, Rows& rows) {
  rows.emplace_back(channel + "_logfile", file_text(log));
  rows.emplace_back(channel + "_logfile_maxbytes", size_text(log.rotate_at_bytes));
  rows.emplace_back(channel + "_logfile_backups", text(log.backups));
  rows.emplace_back(channel + "_capture_maxbytes", size_text(log.capture_max_bytes));
  rows.emplace_back(channel + "_events_enabled", text(log.events_enabled));
  rows.emplace_back(channel + "_syslog", text(log.syslog));
}

void add_unix_socket(const ListenSpec& socket, Rows& rows) {
  rows.emplace_back("socket_mode", octal_text(socket.mode));
  if (!socket.owner) return;
  std::string owner = std::to_string(*socket.owner);
  if (socket.owner_group) owner += ":" + std::to_string(*socket.owner_group);
  rows.emplace_back("socket_owner", owner);
}

}  // namespace

Rows dump(const ProcessSpec& spec) {
  Rows rows{
      {"command", spec.command},
      {"process_name", spec.name},
      {"priority", text(spec.priority)},
      {"autostart", text(spec.autostart)},
      {"startsecs", text(spec.start_secs)},
      {"startretries", text(spec.start_retries)},
      {"autorestart", text(spec.autorestart)},
      {"exitcodes", text(spec.exit_codes)},
      {"stopsignal", signal_text(spec.stop_signal)},
      {"reloadsignal", signal_text(spec.reload_signal)},
      {"stopwaitsecs", text(spec.stop_wait)},
      {"stopasgroup", text(spec.stop_as_group)},
      {"killasgroup", text(spec.kill_as_group)},
      {"stop_whole_tree", text(spec.stop_whole_tree)},
  };
  if (spec.user) rows.emplace_back("user", spec.user->name);
  rows.emplace_back("redirect_stderr", text(spec.redirect_stderr));
  add_log("stdout", spec.stdout_log, rows);
  add_log("stderr", spec.stderr_log, rows);
  rows.emplace_back("environment", environment_text(spec.environment));
  if (spec.directory) rows.emplace_back("directory", *spec.directory);
  if (spec.umask) rows.emplace_back("umask", octal_text(*spec.umask));
  rows.emplace_back("serverurl", spec.server_url.value_or("AUTO"));
  rows.emplace_back("ready_notification", text(spec.ready_notification));
  rows.emplace_back("ready_timeout", text(spec.ready_timeout));
  std::vector<std::string> sockets;
  for (const SocketSpec& socket : spec.sockets) sockets.push_back(socket.name);
  rows.emplace_back("sockets", text(sockets));
  return rows;
}

Rows dump_kind(const GroupSpec& group) {
  Rows rows;
  if (group.listener) {
    rows.emplace_back("events", text(group.listener->events));
    rows.emplace_back("buffer_size", text(group.listener->buffer_size));
    rows.emplace_back("result_handler", group.listener->result_handler);
  }
  if (group.fcgi) {
    rows.emplace_back("socket", group.fcgi->url);
    rows.emplace_back("socket_backlog", text(group.fcgi->backlog));
    if (!group.fcgi->unix_path.empty()) add_unix_socket(*group.fcgi, rows);
  }
  return rows;
}

Rows dump(const ProcessSpec& spec, std::span<const GroupSpec> groups) {
  Rows rows = dump(spec);
  const auto group = std::ranges::find(groups, spec.group, &GroupSpec::name);
  if (group == groups.end()) return rows;
  Rows more = dump_kind(*group);
  std::ranges::move(more, std::back_inserter(rows));
  return rows;
}

}  // namespace supervisord::config
