#include "supervisord/config/program_spec.hpp"

#include <algorithm>
#include <array>

#include "common/signals.hpp"
#include "common/values.hpp"

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 41> options{"command",
                                                   "process_name",
                                                   "numprocs",
                                                   "numprocs_start",
                                                   "priority",
                                                   "autostart",
                                                   "autorestart",
                                                   "startsecs",
                                                   "startretries",
                                                   "exitcodes",
                                                   "stopsignal",
                                                   "stopwaitsecs",
                                                   "stopasgroup",
                                                   "killasgroup",
                                                   "user",
                                                   "directory",
                                                   "umask",
                                                   "environment",
                                                   "serverurl",
                                                   "redirect_stderr",
                                                   "stdout_logfile",
                                                   "stdout_logfile_maxbytes",
                                                   "stdout_logfile_backups",
                                                   "stdout_capture_maxbytes",
                                                   "stdout_events_enabled",
                                                   "stdout_syslog",
                                                   "stderr_logfile",
                                                   "stderr_logfile_maxbytes",
                                                   "stderr_logfile_backups",
                                                   "stderr_capture_maxbytes",
                                                   "stderr_events_enabled",
                                                   "stderr_syslog",
                                                   "ready_notification",
                                                   "ready_timeout",
                                                   "events",
                                                   "buffer_size",
                                                   "result_handler",
                                                   "socket",
                                                   "socket_backlog",
                                                   "socket_owner",
                                                   "socket_mode"};
constexpr std::size_t program_option_count = 34;  // the rest are of listeners and fcgi-programs

constexpr std::int64_t most_processes = 100'000;

std::chrono::seconds seconds_of(std::int64_t count) {
  return std::chrono::seconds{std::clamp<std::int64_t>(count, 0, 3'000'000'000)};
}

int int_of(std::int64_t value) {
  return static_cast<int>(std::clamp<std::int64_t>(value, -2'000'000'000, 2'000'000'000));
}

AutoRestart read_autorestart(SectionReader& reader) {
  const auto value = reader.text("autorestart");
  if (!value || common::lower(*value) == "unexpected") return AutoRestart::unexpected;
  const auto parsed = common::parse_bool(*value);
  if (parsed) return *parsed ? AutoRestart::always : AutoRestart::never;
  reader.error("autorestart", "invalid 'autorestart' value '" + *value + "'",
               "true, false or unexpected");
  return AutoRestart::unexpected;
}

LogSpec read_log(SectionReader& reader, const std::string& channel) {
  LogSpec log;
  const std::string key = channel + "_logfile";
  const auto value = reader.text(key);
  const std::string word = value ? common::lower(*value) : "auto";
  if (word == "none" || word == "off" || word.empty()) {
    log.kind = LogSpec::Kind::none;
  } else if (word == "syslog") {
    log.kind = LogSpec::Kind::none;
    log.syslog = true;
    reader.warn(key, "For [" + reader.section().name + "], " + key +
                         "=syslog but this is deprecated and will be removed.  Use " + channel +
                         "_syslog=true to enable syslog instead.");
  } else if (word != "auto") {
    log.kind = LogSpec::Kind::file;
    auto& names = reader.names();  // the name of a log is expanded twice, so a percent sign in it
                                   // is written "%%%%"
    auto again = names;
    again["here"] = std::string{};
    log.path = reader.path(key, "");
    if (log.path.find('%') != std::string::npos) {
      const auto twice = common::expand(log.path, again, key);
      if (twice) {
        log.path = *twice;
      } else {
        reader.error(key, twice.error().context);
      }
    }
  }
  log.rotate_at_bytes = reader.size(key + "_maxbytes", log.rotate_at_bytes);
  log.backups = int_of(std::max<std::int64_t>(0, reader.integer(key + "_backups", log.backups)));
  log.capture_max_bytes = reader.size(channel + "_capture_maxbytes", 0);
  log.events_enabled = reader.boolean(channel + "_events_enabled", false);
  log.syslog = reader.boolean(channel + "_syslog", log.syslog);
  if (log.kind == LogSpec::Kind::auto_named && log.rotate_at_bytes == 0) {
    reader.warn(
        key,
        "For [" + reader.section().name + "], AUTO logging used for " + key +
            " without rollover, set maxbytes > 0 to avoid filling up filesystem unintentionally");
  }
  for (const auto& [option, is_set] :
       {std::pair{"_capture_maxbytes", log.capture_max_bytes > 0},
        std::pair{"_events_enabled", log.events_enabled}, std::pair{"_syslog", log.syslog}}) {
    if (is_set) reader.warn(channel + option, "not in force yet in this version");
  }
  return log;
}

int read_stopsignal(SectionReader& reader) {
  const auto value = reader.text("stopsignal");
  if (!value) return SIGTERM;
  const auto parsed = common::parse_signal(common::trim(*value));
  if (parsed) return *parsed;
  reader.error("stopsignal", parsed.error().context, "a signal's name or number");
  return SIGTERM;
}

ReadyNotification read_ready_notification(SectionReader& reader) {
  const auto value = reader.text("ready_notification");
  if (!value || *value == "none") return ReadyNotification::none;
  if (*value == "notify_socket") return ReadyNotification::notify_socket;
  reader.error("ready_notification", "invalid value '" + *value + "'", "none or notify_socket");
  return ReadyNotification::none;
}

/// What is the same for all processes of the program.
ProcessSpec read_common(SectionReader& reader, const std::string& program,
                        const std::string& group) {
  ProcessSpec spec;
  spec.program = program;
  spec.group = group;
  spec.priority = int_of(reader.integer("priority", spec.priority));
  spec.autostart = reader.boolean("autostart", spec.autostart);
  spec.autorestart = read_autorestart(reader);
  spec.start_secs = seconds_of(reader.integer("startsecs", 1));
  spec.start_retries = int_of(reader.integer("startretries", spec.start_retries));
  if (const auto codes = reader.text("exitcodes")) {
    auto parsed = common::parse_exit_codes(*codes);
    if (parsed) {
      spec.exit_codes = *std::move(parsed);
    } else {
      reader.error("exitcodes", parsed.error().context,
                   "numbers from 0 to 255, separated by commas");
    }
  }
  spec.stop_signal = read_stopsignal(reader);
  spec.stop_wait = seconds_of(reader.integer("stopwaitsecs", 10));
  spec.stop_as_group = reader.boolean("stopasgroup", false);
  spec.kill_as_group = reader.boolean("killasgroup", spec.stop_as_group);
  if (spec.stop_as_group && !spec.kill_as_group) {
    reader.error("killasgroup", "Cannot set stopasgroup=true and killasgroup=false",
                 "killasgroup=true");
  }
  if (const auto user = reader.user("user"))
    spec.user = UserSpec{user->name, user->uid, user->gid, user->groups};
  if (reader.has("umask")) spec.umask = reader.octal("umask", 022);
  if (const auto url = reader.text("serverurl"); url && common::lower(*url) != "auto")
    spec.server_url = *url;
  spec.redirect_stderr = reader.boolean("redirect_stderr", false);
  spec.ready_notification = read_ready_notification(reader);
  spec.ready_timeout = seconds_of(reader.integer("ready_timeout", 90));
  return spec;
}

/// Completes `spec` with what is expanded for each process.
void read_own(SectionReader& reader, ProcessSpec& spec,
              const std::vector<std::pair<std::string, std::string>>& environment) {
  spec.environment = environment;
  const auto own = reader.environment("environment");
  spec.environment.insert(spec.environment.end(), own.begin(), own.end());
  for (const auto& [key, value] : own) reader.names()["ENV_" + key] = value;

  spec.name = common::trim(reader.text("process_name", spec.program));
  if (const auto fault = name_fault(spec.name); !fault.empty()) reader.error("process_name", fault);
  spec.command = reader.text("command", "");
  if (const auto directory = reader.text("directory")) spec.directory = *directory;
  spec.stdout_log = read_log(reader, "stdout");
  spec.stderr_log = read_log(reader, "stderr");
  if (spec.redirect_stderr) {
    if (spec.stderr_log.kind == LogSpec::Kind::file) {
      reader.warn("stderr_logfile",
                  "For [" + reader.section().name +
                      "], redirect_stderr=true but stderr_logfile has "
                      "also been set to a filename, the filename has been ignored");
    }
    spec.stderr_log.kind = LogSpec::Kind::none;
  }
}

}  // namespace

std::span<const std::string_view> program_options() {
  return std::span{options}.first(program_option_count);
}

std::string name_fault(std::string_view name) {
  const auto bad = name.find_first_of(" :/");
  if (bad == std::string_view::npos) return "";
  return "Invalid name: '" + std::string{name} + "' because of character: '" + name[bad] + "'";
}

std::vector<ProcessSpec> read_program(
    SectionReader& reader, const std::string& program, const std::string& group,
    const std::vector<std::pair<std::string, std::string>>& environment) {
  if (!reader.has("command")) {
    reader.section_error("program section " + reader.section().name +
                         " does not specify a command");
    return {};
  }
  const ProcessSpec shared = read_common(reader, program, group);
  const auto count = reader.integer("numprocs", 1);
  const auto first = reader.integer("numprocs_start", 0);
  const auto named = reader.section().options.find("process_name");
  const bool is_numbered = named != reader.section().options.end() &&
                           named->second.value.find("%(process_num)") != std::string::npos;
  if (count > 1 && !is_numbered) {
    reader.error("process_name",
                 "%(process_num) must be present within process_name when numprocs > 1");
    return {};
  }
  if (count > most_processes) {
    reader.error("numprocs", "too many: " + std::to_string(count),
                 "at most " + std::to_string(most_processes));
    return {};
  }
  std::vector<ProcessSpec> out;
  const auto names = reader.names();
  for (std::int64_t i = first; i < first + count; ++i) {
    reader.names()["process_num"] = i;
    reader.names()["numprocs"] = count;
    ProcessSpec spec = shared;
    read_own(reader, spec, environment);
    reader.names() = names;
    out.push_back(std::move(spec));
  }
  std::ranges::stable_sort(out, {}, &ProcessSpec::name);
  return out;
}

}  // namespace supervisord::config
