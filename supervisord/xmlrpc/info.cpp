#include "supervisord/xmlrpc/info.hpp"

#include <chrono>
#include <optional>

#include "supervisord/process/state.hpp"

namespace supervisord::xmlrpc {
namespace {

std::int64_t unix_seconds(std::optional<process::WallTime> at) {
  return at ? std::int64_t{std::chrono::system_clock::to_time_t(*at)} : 0;
}

std::string log_name(const config::LogSpec& log, const std::string& made) {
  switch (log.kind) {
    case config::LogSpec::Kind::none: return "none";
    case config::LogSpec::Kind::auto_named: return made.empty() ? "auto" : made;
    case config::LogSpec::Kind::file: return log.path;
  }
  return "none";
}

void add_log(Struct& out, const std::string& prefix, const config::LogSpec& log,
             const std::string& name) {
  out.push_back({prefix + "_capture_maxbytes", static_cast<std::int64_t>(log.capture_max_bytes)});
  out.push_back({prefix + "_events_enabled", log.events_enabled});
  out.push_back({prefix + "_logfile", name});
  out.push_back({prefix + "_logfile_backups", log.backups});
  out.push_back({prefix + "_logfile_maxbytes", static_cast<std::int64_t>(log.rotate_at_bytes)});
  out.push_back({prefix + "_syslog", log.syslog});
}

}  // namespace

Value process_info(const process::Status& status, process::WallTime now) {
  return Struct{
      {"name", status.name},
      {"group", status.group},
      {"start", unix_seconds(status.started_at)},
      {"stop", unix_seconds(status.stopped_at)},
      {"now", unix_seconds(now)},
      {"state", process::state_code(status.state)},
      {"statename", process::state_name(status.state)},
      {"spawnerr", status.spawn_error},
      {"exitstatus", status.exit_status.value_or(0)},
      {"logfile", status.stdout_logfile},
      {"stdout_logfile", status.stdout_logfile},
      {"stderr_logfile", status.stderr_logfile},
      {"pid", status.pid},
      {"description", status.description()},
  };
}

Value config_info(const control::ConfiguredProcess& configured, const AutoLogs& logs) {
  const config::ProcessSpec& spec = *configured.spec;
  Array exit_codes;
  for (const int code : spec.exit_codes) exit_codes.emplace_back(code);
  Struct out{
      {"autostart", spec.autostart},
      {"directory", spec.directory.value_or("none")},
      {"uid", spec.user ? Value{std::int64_t{spec.user->uid}} : Value{"none"}},
      {"command", spec.command},
      {"exitcodes", std::move(exit_codes)},
      {"group", spec.group},
      {"group_prio", configured.group_priority},
      {"inuse", configured.in_use},
      {"killasgroup", spec.kill_as_group},
      {"name", spec.name},
      {"process_prio", spec.priority},
      {"redirect_stderr", spec.redirect_stderr},
      {"startretries", spec.start_retries},
      {"startsecs", static_cast<std::int64_t>(spec.start_secs.count())},
  };
  add_log(out, "stdout", spec.stdout_log, log_name(spec.stdout_log, logs.stdout_logfile));
  out.push_back({"stopsignal", spec.stop_signal});
  out.push_back({"stopwaitsecs", static_cast<std::int64_t>(spec.stop_wait.count())});
  // What goes to the standard output's log has none of its own.
  add_log(out, "stderr", spec.stderr_log,
          spec.redirect_stderr ? "none" : log_name(spec.stderr_log, logs.stderr_logfile));
  out.push_back({"serverurl", spec.server_url.value_or("none")});
  return out;
}

}  // namespace supervisord::xmlrpc
