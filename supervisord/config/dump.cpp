#include "supervisord/config/dump.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/signals.hpp"

namespace supervisord::config {
namespace {

std::string text(bool value) { return value ? "true" : "false"; }

std::string text(AutoRestart value) {
  switch (value) {
    case AutoRestart::never: return "false";
    case AutoRestart::unexpected: return "unexpected";
    case AutoRestart::always: return "true";
  }
  return "";
}

std::string text(const LogSpec& log) {
  switch (log.kind) {
    case LogSpec::Kind::none: return "NONE";
    case LogSpec::Kind::auto_named: return "AUTO";
    case LogSpec::Kind::file: return log.path;
  }
  return "";
}

std::string text(const std::vector<std::pair<std::string, std::string>>& environment) {
  std::string out;
  for (const auto& [key, value] : environment) {
    std::string escaped;
    for (const char c : value)
      escaped += (c == '"' || c == '\\') ? std::string{'\\', c} : std::string{c};
    out += (out.empty() ? "" : ",") + key + "=\"" + escaped + '"';
  }
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> dump(const ProcessSpec& spec) {
  std::vector<std::pair<std::string, std::string>> out{
      {"command", spec.command},
      {"process_name", spec.name},
      {"priority", std::to_string(spec.priority)},
      {"autostart", text(spec.autostart)},
      {"autorestart", text(spec.autorestart)},
      {"startsecs", std::to_string(spec.start_secs.count())},
      {"startretries", std::to_string(spec.start_retries)},
      {"exitcodes", fmt::format("{}", fmt::join(spec.exit_codes, ","))},
      {"stopsignal", common::signal_name(spec.stop_signal).substr(3)},
      {"stopwaitsecs", std::to_string(spec.stop_wait.count())},
      {"stopasgroup", text(spec.stop_as_group)},
      {"killasgroup", text(spec.kill_as_group)},
      {"user", spec.user ? spec.user->name : ""},
      {"directory", spec.directory.value_or("")},
      {"umask", spec.umask ? fmt::format("{:03o}", *spec.umask) : ""},
      {"environment", text(spec.environment)},
      {"serverurl", spec.server_url.value_or("AUTO")},
      {"redirect_stderr", text(spec.redirect_stderr)},
  };
  for (const auto& [channel, log] :
       {std::pair{"stdout", &spec.stdout_log}, {"stderr", &spec.stderr_log}}) {
    const std::string key = std::string{channel} + "_";
    out.emplace_back(key + "logfile", text(*log));
    out.emplace_back(key + "logfile_maxbytes", std::to_string(log->rotate_at_bytes));
    out.emplace_back(key + "logfile_backups", std::to_string(log->backups));
    out.emplace_back(key + "capture_maxbytes", std::to_string(log->capture_max_bytes));
    out.emplace_back(key + "events_enabled", text(log->events_enabled));
    out.emplace_back(key + "syslog", text(log->syslog));
  }
  out.emplace_back("ready_notification",
                   spec.ready_notification == ReadyNotification::none ? "none" : "notify_socket");
  out.emplace_back("ready_timeout", std::to_string(spec.ready_timeout.count()));
  return out;
}

}  // namespace supervisord::config
