#include "supervisord/config/program_spec.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "common/environment.hpp"
#include "common/values.hpp"
#include "supervisord/config/fcgi_spec.hpp"
#include "supervisord/config/listener_spec.hpp"
#include "supervisord/config/path_values.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {
namespace {

using common::Errc;
using common::Error;
using common::Names;
using common::Result;

constexpr std::array<std::string_view, 37> options{
    "command",
    "process_name",
    "numprocs",
    "numprocs_start",
    "priority",
    "autostart",
    "startsecs",
    "startretries",
    "autorestart",
    "exitcodes",
    "stopsignal",
    "reloadsignal",
    "stopwaitsecs",
    "stopasgroup",
    "killasgroup",
    "stop_whole_tree",
    "user",
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
    "environment",
    "directory",
    "umask",
    "serverurl",
    "ready_notification",
    "ready_timeout",
    "sockets",
};

constexpr int most_processes = 10000;  // of one program; Supervisor has no limit

constexpr std::size_t most_sockets =
    100;  // of one process; the keeper takes 250 descriptors a time

constexpr std::string_view a_number = "a whole number";
constexpr std::string_view names_of_sockets = "names of [socket:] sections, separated by commas";
constexpr std::string_view seconds = "a whole number of seconds";
constexpr std::string_view a_size = "a number of bytes, with KB, MB or GB or nothing after it";
constexpr std::string_view yes_or_no = "true or false (yes, no, on, off, 1, 0)";

Result<AutoRestart> parse_autorestart(std::string_view text) {
  if (common::lower_case(text) == "unexpected") return AutoRestart::unexpected;
  const auto always = common::parse_boolean(text);
  if (always) return *always ? AutoRestart::always : AutoRestart::never;
  return Error{Errc::bad_value, "invalid 'autorestart' value '" + std::string{text} + "'"};
}

Result<ReadyNotification> parse_ready_notification(std::string_view text) {
  const std::string lower = common::lower_case(text);
  if (lower == "none") return ReadyNotification::none;
  if (lower == "notify_socket") return ReadyNotification::notify_socket;
  return Error{Errc::bad_value, "invalid 'ready_notification' value '" + std::string{text} + "'"};
}

class ProgramReader {
 public:
  ProgramReader(const RawSection& raw, const std::string& group, const ProgramContext& context)
      : context_{context}, names_{&context.names}, section_{raw, names_, context.report} {
    spec_.group = group;
    spec_.strip_ansi = context.daemon.strip_ansi;
  }

  std::vector<ProcessSpec> processes() {
    const std::size_t errors_before = context_.report.errors().size();
    if (!read_name()) return {};
    read_shared_options();
    std::vector<ProcessSpec> processes;
    // What is wrong in the first is wrong in all.
    for (int i = 0; i < count_ && context_.report.errors().size() == errors_before; ++i) {
      processes.push_back(process(static_cast<std::int64_t>(first_) + i));
    }
    section_.warn_unknown(known_options());
    if (context_.report.errors().size() != errors_before) return {};
    std::sort(processes.begin(), processes.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    return processes;
  }

 private:
  /// Those of this kind of program.
  std::vector<std::string_view> known_options() const {
    std::vector<std::string_view> known{options.begin(), options.end()};
    const auto add = [&](std::span<const std::string_view> more) {
      known.insert(known.end(), more.begin(), more.end());
    };
    if (section_.name().starts_with("fcgi-program:")) add(fcgi_options());
    if (section_.name().starts_with("eventlistener:")) add(listener_options());
    return known;
  }

  bool read_name() {
    const std::string& whole = section_.name();
    const auto name = common::parse_name(std::string_view{whole}.substr(whole.find(':') + 1));
    if (!name) {
      section_.fail("", name.error().context, "[program:NAME] without blanks, : and / in NAME");
      return false;
    }
    spec_.program = *name;
    names_.set("program_name", *name);
    names_.set("group_name", spec_.group);
    return true;
  }

  /// Those that are the same in all processes: process_num is no name here.
  void read_shared_options() {
    section_.read("priority", spec_.priority, common::parse_int, a_number);
    section_.read("autostart", spec_.autostart, common::parse_boolean, yes_or_no);
    section_.read("autorestart", spec_.autorestart, parse_autorestart, "true, false or unexpected");
    section_.read("startsecs", spec_.start_secs, common::parse_seconds, seconds);
    section_.read("startretries", spec_.start_retries, common::parse_int, a_number);
    section_.read("stopsignal", spec_.stop_signal, common::parse_signal,
                  "a signal's name or number, one only");
    section_.read("reloadsignal", spec_.reload_signal, common::parse_signal,
                  "a signal's name or number, one only");
    section_.read("stopwaitsecs", spec_.stop_wait, common::parse_seconds, seconds);
    section_.read("exitcodes", spec_.exit_codes, common::parse_exit_codes,
                  "numbers from 0 to 255, separated by commas");
    section_.read("redirect_stderr", spec_.redirect_stderr, common::parse_boolean, yes_or_no);
    section_.read("ready_notification", spec_.ready_notification, parse_ready_notification,
                  "none or notify_socket");
    section_.read("ready_timeout", spec_.ready_timeout, common::parse_seconds, seconds);
    section_.read("umask", spec_.umask, common::parse_octal, "an octal number such as 022");
    section_.read(
        "user", spec_.user, [this](const std::string& text) { return user(text); },
        "the name or number of a user of this system");
    read_stop_scope();
    read_sockets();
    read_server_url();
    read_count();
    if (!section_.has("command")) {
      section_.fail("command",
                    "program section " + section_.name() + " does not specify a command");
    }
  }

  Result<UserSpec> user(const std::string& text) const {
    auto found = context_.surroundings.find_user(text);
    if (!found) return found.error();
    return UserSpec{(*found).name, (*found).uid, (*found).gid, (*found).groups};
  }

  void read_stop_scope() {
    section_.read("stopasgroup", spec_.stop_as_group, common::parse_boolean, yes_or_no);
    spec_.kill_as_group = spec_.stop_as_group;
    section_.read("killasgroup", spec_.kill_as_group, common::parse_boolean, yes_or_no);
    if (spec_.stop_as_group && !spec_.kill_as_group) {
      section_.fail("killasgroup", "Cannot set stopasgroup=true and killasgroup=false");
    }
    spec_.stop_whole_tree = spec_.kill_as_group;
    section_.read("stop_whole_tree", spec_.stop_whole_tree, common::parse_boolean, yes_or_no);
  }

  void read_sockets() {
    const std::vector<std::string> names =
        common::split_list(section_.text("sockets").value_or(""));
    if (names.size() > most_sockets) {
      section_.fail("sockets", std::to_string(names.size()) + " sockets",
                    "at most " + std::to_string(most_sockets));
      return;
    }
    for (const std::string& name : names) {
      if (std::ranges::find(spec_.sockets, name, &SocketSpec::name) != spec_.sockets.end()) {
        section_.fail("sockets", "names " + name + " twice", names_of_sockets);
        continue;
      }
      const auto found = std::ranges::find(context_.sockets, name, &SocketSpec::name);
      if (found != context_.sockets.end()) {
        spec_.sockets.push_back(*found);
      } else {
        section_.fail("sockets", "there is no [socket:" + name + "], or it has errors",
                      names_of_sockets);
      }
    }
  }

  void read_server_url() {
    const auto url = section_.text("serverurl");
    if (url && !url->empty() && common::lower_case(*url) != "auto") spec_.server_url = *url;
  }

  void read_count() {
    section_.read("numprocs", count_, common::parse_int, a_number);
    section_.read("numprocs_start", first_, common::parse_int, a_number);
    if (count_ > most_processes) {
      section_.fail("numprocs", std::to_string(count_) + " is above upper bound (" +
                                    std::to_string(most_processes) + ")");
    }
    const std::string format = section_.raw_text("process_name").value_or("%(program_name)s");
    const auto good = common::parse_name(format);
    if (!good) section_.fail("process_name", good.error().context);
    if (count_ > 1 && format.find("%(process_num)") == std::string::npos) {
      section_.fail("process_name",
                    "%(process_num) must be present within process_name when numprocs > 1",
                    "for example %(program_name)s_%(process_num)02d");
    }
  }

  ProcessSpec process(std::int64_t number) {
    ProcessSpec spec = spec_;
    Names names{&names_};
    names.set("process_num", number);
    names.set("numprocs", std::int64_t{count_});
    read_environment(names, spec);
    spec.name = spec.program;
    section_.read("process_name", names, spec.name, common::parse_name,
                  "a name without blanks, : and /");
    spec.command = section_.text("command", names).value_or("");
    const auto directory = section_.text("directory", names);
    if (directory && !directory->empty()) spec.directory = *directory;
    spec.stdout_log = log("stdout", names);
    spec.stderr_log = log("stderr", names);
    if (spec.redirect_stderr) {
      if (spec.stderr_log.kind == LogSpec::Kind::file) {
        section_.warn_verbatim("stderr_logfile",
                               "For [" + section_.name() +
                                   "], redirect_stderr=true but stderr_logfile has also been set "
                                   "to a filename, the filename has been ignored");
      }
      spec.stderr_log.kind = LogSpec::Kind::none;
      spec.stderr_log.path.clear();
    }
    return spec;
  }

  /// The program's own variables go over the daemon's, and are names (ENV_) for what follows.
  void read_environment(Names& names, ProcessSpec& spec) {
    spec.environment = context_.daemon.environment;
    const auto text = section_.text("environment", names, "environment");
    if (!text) return;
    auto parsed = common::parse_environment(*text);
    if (!parsed) {
      section_.fail("environment", parsed.error().context, "KEY=\"value\",KEY2=\"value\"");
      return;
    }
    for (auto& [key, value] : *parsed) {
      names.set("ENV_" + key, value);
      common::set_variable(spec.environment, key, value);
    }
  }

  LogSpec log(const std::string& channel, const Names& names) {
    const std::string key = channel + "_logfile";
    LogSpec log;
    section_.read(key + "_maxbytes", names, log.rotate_at_bytes, common::parse_byte_size, a_size);
    section_.read(key + "_backups", names, log.backups, common::parse_int, a_number);
    section_.read(channel + "_capture_maxbytes", log.capture_max_bytes, common::parse_byte_size,
                  a_size);
    section_.read(channel + "_events_enabled", log.events_enabled, common::parse_boolean,
                  yes_or_no);
    section_.read(channel + "_syslog", names, log.syslog, common::parse_boolean, yes_or_no);
    read_log_file(key, channel + "_syslog", names, log);
    if (log.kind == LogSpec::Kind::auto_named && log.rotate_at_bytes == 0) {
      section_.warn_verbatim(key + "_maxbytes",
                             "For [" + section_.name() + "], AUTO logging used for " + key +
                                 " without rollover, set maxbytes > 0 to avoid filling up "
                                 "filesystem unintentionally");
    }
    return log;
  }

  void read_log_file(const std::string& key, const std::string& syslog_key, const Names& names,
                     LogSpec& log) {
    const auto once = section_.text(key, names);
    if (!once) return;
    const auto text = section_.expand_again(key, *once, names);  // as Supervisor does
    if (!text) return;
    const std::string lower = common::lower_case(*text);
    if (lower == "auto") return;
    log.kind = LogSpec::Kind::none;
    if (lower.empty() || lower == "none" || lower == "off") return;
    if (lower == "syslog") {
      section_.warn_verbatim(key, "For [" + section_.name() + "], " + key +
                                      "=syslog but this is deprecated and will be removed.  Use " +
                                      syslog_key + "=true to enable syslog instead.");
      log.syslog = true;
      return;
    }
    const auto& daemon = context_.daemon;
    const std::string base =
        daemon.directory ? *daemon.directory : context_.surroundings.working_directory();
    auto path = parse_file_path(*text, base, context_.surroundings);
    if (!path) {
      section_.fail(key, path.error().context, "AUTO, NONE or a file in a directory that exists");
      return;
    }
    log.kind = LogSpec::Kind::file;
    log.path = std::move(*path);
  }

  const ProgramContext& context_;
  Names names_;
  Section section_;
  ProcessSpec spec_;
  int count_ = 1;
  int first_ = 0;
};

}  // namespace

std::span<const std::string_view> program_options() { return options; }

std::vector<ProcessSpec> read_program(const RawSection& raw, const std::string& group,
                                      const ProgramContext& context) {
  return ProgramReader{raw, group, context}.processes();
}

}  // namespace supervisord::config
