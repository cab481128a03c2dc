#include "supervisord/options.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace supervisord {
namespace {

constexpr std::array<common::Option, 22> table{{
    {'c', "configuration", "FILE", "configuration file (else searched for)"},
    {'n', "nodaemon", "", "run in the foreground (nodaemon=true)"},
    {'s', "silent", "", "do not copy the log to standard output (silent=true)"},
    {'h', "help", "", "print this and exit"},
    {'?', "", "", "the same"},
    {'v', "version", "", "print the version and exit"},
    {'u', "user", "USER", "run as this user (name or number)"},
    {'m', "umask", "UMASK",
     "umask of the daemon and, by default, of programs (octal, default 022)"},
    {'d', "directory", "DIRECTORY", "change to this directory"},
    {'l', "logfile", "FILE", "main log"},
    {'y', "logfile_maxbytes", "BYTES", "its size before it is rotated (default 50MB)"},
    {'z', "logfile_backups", "NUM", "how many rotated main logs are kept (default 10)"},
    {'e', "loglevel", "LEVEL", "critical, error, warn, info (default), debug, trace or blather"},
    {'j', "pidfile", "FILE", "pid file"},
    {'i', "identifier", "STR", "identifier of this instance (default supervisor)"},
    {'q', "childlogdir", "DIRECTORY", "where logs of programs with logfile=AUTO go"},
    {'k', "nocleanup", "", "keep the AUTO logs of the run before (nocleanup=true)"},
    {'a', "minfds", "NUM", "file descriptors that must be available (default 1024)"},
    {'t', "strip_ansi", "", "strip escape codes from programs' output (strip_ansi=true)"},
    {0, "minprocs", "NUM", "processes that must be available (default 200)"},
    {.short_name = 0,
     .long_name = "check",
     .argument = "",
     .help = "read the configuration, print its errors (status 2) and warnings, start nothing",
     .may_repeat = false,
     .gives_way = true},
    {0, "profile_options", "LIST", "accepted and ignored (it is of Supervisor's Python profiler)"},
}};

/// Where an option's value goes; null for one that has no effect.
std::optional<std::string>* override_of(config::Overrides& overrides, std::string_view name) {
  const std::pair<std::string_view, std::optional<std::string>*> fields[] = {
      {"nodaemon", &overrides.nodaemon},
      {"silent", &overrides.silent},
      {"user", &overrides.user},
      {"umask", &overrides.umask},
      {"directory", &overrides.directory},
      {"logfile", &overrides.logfile},
      {"logfile_maxbytes", &overrides.logfile_maxbytes},
      {"logfile_backups", &overrides.logfile_backups},
      {"loglevel", &overrides.loglevel},
      {"pidfile", &overrides.pidfile},
      {"identifier", &overrides.identifier},
      {"childlogdir", &overrides.childlogdir},
      {"nocleanup", &overrides.nocleanup},
      {"minfds", &overrides.minfds},
      {"minprocs", &overrides.minprocs},
      {"strip_ansi", &overrides.strip_ansi},
  };
  const auto found = std::ranges::find(
      fields, name, &std::pair<std::string_view, std::optional<std::string>*>::first);
  return found == std::end(fields) ? nullptr : found->second;
}

}  // namespace

common::Result<Options> parse_command_line(const std::vector<std::string>& words) {
  const auto parsed = common::parse_options(table, words);
  if (!parsed) return parsed.error();
  if (!parsed->rest.empty()) {
    std::string list;
    for (const auto& word : parsed->rest) list += (list.empty() ? "'" : ", '") + word + "'";
    return common::Error{common::Errc::bad_syntax,
                         "positional arguments are not supported: [" + list + "]"};
  }
  Options out;
  for (const auto& given : parsed->given) {
    const auto name = given.option->long_name;
    if (name == "help" || name.empty()) {
      out.help = true;
    } else if (name == "version") {
      out.version = true;
    } else if (name == "check") {
      out.check = true;
    } else if (name == "configuration") {
      out.configuration = given.value;
    } else if (std::optional<std::string>* const override = override_of(out.overrides, name)) {
      *override = given.option->argument.empty() ? "true" : given.value;
      if (given.is_long) out.overrides.long_flags.emplace(name);
    }
  }
  return out;
}

std::span<const common::Option> option_table() { return table; }

std::string help_text(const std::string& program) {
  return program + " -- keeps programs running, as Supervisor does.\n\nUsage: " + program +
         " [options]\n\n" + common::options_help(table) +
         "\nWithout -c, the first of these that exists: ../etc/supervisord.conf and "
         "../supervisord.conf beside the "
         "program,\n./supervisord.conf, ./etc/supervisord.conf, /etc/supervisord.conf, "
         "/etc/supervisor/supervisord.conf.\n";
}

}  // namespace supervisord
