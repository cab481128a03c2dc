#include "supervisord/config/daemon_spec.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/environment.hpp"
#include "common/paths.hpp"
#include "common/repr.hpp"
#include "common/values.hpp"
#include "supervisord/config/path_values.hpp"

namespace supervisord::config {
namespace {

using common::Errc;
using common::Error;
using common::Result;

constexpr std::array<std::string_view, 19> options{
    "logfile",    "logfile_maxbytes", "logfile_backups",
    "loglevel",   "pidfile",          "rundir",
    "umask",      "nodaemon",         "silent",
    "minfds",     "minprocs",         "nocleanup",
    "strip_ansi", "childlogdir",      "user",
    "directory",  "environment",      "identifier",
    "exit_on"};

constexpr std::array<std::pair<std::string_view, LogLevel>, 7> levels{{
    {"critical", LogLevel::critical},
    {"error", LogLevel::error},
    {"warn", LogLevel::warn},
    {"info", LogLevel::info},
    {"debug", LogLevel::debug},
    {"trace", LogLevel::trace},
    {"blather", LogLevel::blather},
}};

struct OverrideRow {
  std::string_view key;
  std::string_view flag;
  std::optional<std::string> Overrides::*value;
};
constexpr std::array<OverrideRow, 16> override_rows{{
    {"nodaemon", "-n", &Overrides::nodaemon},
    {"silent", "-s", &Overrides::silent},
    {"user", "-u", &Overrides::user},
    {"umask", "-m", &Overrides::umask},
    {"directory", "-d", &Overrides::directory},
    {"logfile", "-l", &Overrides::logfile},
    {"logfile_maxbytes", "-y", &Overrides::logfile_maxbytes},
    {"logfile_backups", "-z", &Overrides::logfile_backups},
    {"loglevel", "-e", &Overrides::loglevel},
    {"pidfile", "-j", &Overrides::pidfile},
    {"identifier", "-i", &Overrides::identifier},
    {"childlogdir", "-q", &Overrides::childlogdir},
    {"nocleanup", "-k", &Overrides::nocleanup},
    {"minfds", "-a", &Overrides::minfds},
    {"minprocs", "--minprocs", &Overrides::minprocs},
    {"strip_ansi", "-t", &Overrides::strip_ansi},
}};

constexpr std::string_view a_number = "a whole number";
constexpr std::string_view yes_or_no = "true or false (yes, no, on, off, 1, 0)";
constexpr std::string_view a_file = "a file in a directory that exists";

/// A limit's number; negative asks for nothing, as 0 does.
Result<std::uint64_t> parse_limit(std::string_view text) {
  const auto value = common::parse_integer(text);
  if (!value) return value.error();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(*value, 0));
}

/// NAME is a process ("web", "group:process"); only fatal goes without.
Result<ExitOn> parse_exit_on(std::string_view text) {
  const std::string_view whole = common::trimmed(text);
  const std::size_t colon = std::min(whole.find(':'), whole.size());
  const std::string kind = common::lower_case(whole.substr(0, colon));
  const bool has_name = colon + 1 < whole.size();
  const std::string name{has_name ? whole.substr(colon + 1) : std::string_view{}};
  if (kind == "never" && colon == whole.size()) return ExitOn{};
  if (kind == "fatal" && (has_name || colon == whole.size())) {
    return ExitOn{ExitOn::Kind::fatal, name};
  }
  if (kind == "exit" && has_name) return ExitOn{ExitOn::Kind::exit, name};
  return Error{Errc::bad_value, "invalid 'exit_on' value " + common::repr(text)};
}

/// Where Python's tempfile.gettempdir() would be.
std::string temporary_directory(const Surroundings& surroundings) {
  const auto environment = surroundings.environment();
  for (const char* const variable : {"TMPDIR", "TEMP", "TMP"}) {
    const auto there = environment.find(variable);
    if (there == environment.end() || there->second.empty()) continue;
    if (surroundings.is_directory(there->second)) {
      return common::absolute(there->second, surroundings.working_directory());
    }
  }
  return "/tmp";
}

class DaemonReader {
 public:
  DaemonReader(const RawSection& raw, const Overrides& overrides, const common::Names& names,
               const Surroundings& surroundings, Report& report)
      : section_{raw, names, report}, surroundings_{surroundings} {
    for (const OverrideRow& row : override_rows) {
      const auto& value = overrides.*row.value;
      if (!value) continue;
      const std::string name{row.key};
      section_.override_with(
          row.key, *value,
          overrides.long_flags.contains(name) ? "--" + name : std::string{row.flag});
    }
  }

  DaemonSpec spec() {
    read_plain_options();
    read_main_log();
    read_places();
    read_environment();
    section_.warn_unknown(options);
    return std::move(spec_);
  }

 private:
  void read_plain_options() {
    section_.read("minfds", spec_.minfds, parse_limit, a_number);
    section_.read("minprocs", spec_.minprocs, parse_limit, a_number);
    section_.read("umask", spec_.umask, common::parse_octal, "an octal number such as 022");
    section_.read("nodaemon", spec_.nodaemon, common::parse_boolean, yes_or_no);
    section_.read("silent", spec_.silent, common::parse_boolean, yes_or_no);
    section_.read("nocleanup", spec_.nocleanup, common::parse_boolean, yes_or_no);
    section_.read("strip_ansi", spec_.strip_ansi, common::parse_boolean, yes_or_no);
    section_.read(
        "user", spec_.user, [this](const std::string& text) { return user(text); },
        "the name or number of a user of this system");
    spec_.identifier = section_.text("identifier").value_or(spec_.identifier);
    section_.read("exit_on", spec_.exit_on, parse_exit_on, "never, fatal, fatal:NAME or exit:NAME");
  }

  Result<UserSpec> user(const std::string& text) const {
    auto found = surroundings_.find_user(text);
    if (!found) return found.error();
    return UserSpec{(*found).name, (*found).uid, (*found).gid, (*found).groups};
  }

  void read_main_log() {
    section_.read("logfile_maxbytes", spec_.logfile_rotate_at_bytes, common::parse_byte_size,
                  "a number of bytes, with KB, MB or GB or nothing after it");
    section_.read("logfile_backups", spec_.logfile_backups, common::parse_int, a_number);
    section_.read("loglevel", spec_.loglevel, parse_log_level,
                  "critical, error, warn, info, debug, trace or blather");
    const auto logfile = section_.text("logfile");
    const std::string lower = common::lower_case(logfile.value_or(""));
    if (logfile && (lower == "none" || lower == "off")) return;
    spec_.log_to_syslog = lower == "syslog";
    if (spec_.log_to_syslog) return;
    spec_.logfile = common::absolute("supervisord.log", cwd());
    section_.read(
        "logfile", spec_.logfile, [this](const std::string& text) { return file(text); }, a_file);
  }

  void read_places() {
    const auto directory = [this](const std::string& text) {
      return parse_directory(text, cwd(), surroundings_);
    };
    section_.read("directory", spec_.directory, directory, "a directory that exists");
    spec_.childlogdir = temporary_directory(surroundings_);
    section_.read("childlogdir", spec_.childlogdir, directory, "a directory that exists");
    spec_.pidfile = common::absolute("supervisord.pid", cwd());
    section_.read(
        "pidfile", spec_.pidfile, [this](const std::string& text) { return file(text); }, a_file);
    std::string_view stem = spec_.pidfile;
    if (stem.ends_with(".pid")) stem.remove_suffix(4);
    spec_.rundir = std::string{stem} + ".d";
    section_.read("rundir", spec_.rundir, parse_rundir, "an absolute path");
  }

  static Result<std::string> parse_rundir(std::string_view text) {
    if (text.starts_with('/')) return common::absolute(text, "/");
    return Error{Errc::bad_value, "not an absolute path: " + common::repr(text)};
  }

  void read_environment() {
    section_.read("environment", spec_.environment, common::parse_environment,
                  "KEY=\"value\",KEY2=\"value\"");
  }

  std::string cwd() const { return surroundings_.working_directory(); }
  Result<std::string> file(const std::string& text) const {
    return parse_file_path(text, cwd(), surroundings_);
  }

  Section section_;
  const Surroundings& surroundings_;
  DaemonSpec spec_;
};

}  // namespace

std::span<const std::string_view> daemon_options() { return options; }

Result<LogLevel> parse_log_level(std::string_view text) {
  const std::string lower = common::lower_case(text);
  for (const auto& [name, level] : levels) {
    if (name == lower) return level;
  }
  return Error{Errc::bad_value, "bad logging level name " + common::repr(text)};
}

std::string_view log_level_name(LogLevel level) {
  for (const auto& [name, value] : levels) {
    if (value == level) return name;
  }
  return "info";
}

DaemonSpec read_daemon(const RawSection& raw, const Overrides& overrides,
                       const common::Names& names, const Surroundings& surroundings,
                       Report& report) {
  return DaemonReader{raw, overrides, names, surroundings, report}.spec();
}

}  // namespace supervisord::config
