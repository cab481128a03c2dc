#include "supervisord/config/daemon_spec.hpp"

#include <algorithm>
#include <array>

#include "common/values.hpp"

namespace supervisord::config {
namespace {

constexpr std::array<std::string_view, 18> options{
    "logfile",  "logfile_maxbytes", "logfile_backups", "loglevel",    "pidfile",    "umask",
    "nodaemon", "silent",           "minfds",          "minprocs",    "nocleanup",  "childlogdir",
    "user",     "directory",        "strip_ansi",      "environment", "identifier", "rundir"};
constexpr std::array<std::string_view, 5> unix_options{"file", "chmod", "chown", "username",
                                                       "password"};
constexpr std::array<std::string_view, 3> inet_options{"port", "username", "password"};

LogLevel read_level(SectionReader& reader) {
  constexpr std::array<std::pair<std::string_view, LogLevel>, 7> levels{
      {{"critical", LogLevel::critical},
       {"error", LogLevel::error},
       {"warn", LogLevel::warn},
       {"info", LogLevel::info},
       {"debug", LogLevel::debug},
       {"trace", LogLevel::trace},
       {"blather", LogLevel::blather}}};
  const auto value = reader.text("loglevel");
  if (!value) return LogLevel::info;
  for (const auto& [word, level] : levels) {
    if (common::lower(*value) == word) return level;
  }
  reader.error("loglevel", "bad logging level name '" + *value + "'",
               "critical, error, warn, info, debug, trace or blather");
  return LogLevel::info;
}

void read_credentials(SectionReader& reader, ServerSpec& server) {
  server.username = reader.text("username", "");
  server.password = reader.text("password", "");
  if (reader.has("username") != reader.has("password")) {
    reader.section_error(
        "Section [" + reader.section().name +
        "] contains incomplete authentication: If a username or a password is specified, both the "
        "username and password must be specified");
  }
}

}  // namespace

std::span<const std::string_view> daemon_options() { return options; }

DaemonSpec read_daemon(SectionReader& reader, const Surroundings& world) {
  DaemonSpec out;
  const auto logfile = reader.text("logfile");
  const std::string word = logfile ? common::lower(*logfile) : "";
  if (word == "syslog") {
    out.log_to_syslog = true;
    reader.warn("logfile", "syslog is not in force yet in this version; nothing is logged there");
  } else if (word != "none" && word != "off") {
    out.logfile = reader.path("logfile", "supervisord.log");
  }
  out.logfile_rotate_at_bytes = reader.size("logfile_maxbytes", out.logfile_rotate_at_bytes);
  out.logfile_backups = static_cast<int>(
      std::clamp<std::int64_t>(reader.integer("logfile_backups", 10), 0, 1'000'000));
  out.loglevel = read_level(reader);
  out.pidfile = reader.path("pidfile", "supervisord.pid");
  std::string rundir = out.pidfile;
  if (rundir.ends_with(".pid")) rundir.resize(rundir.size() - 4);
  out.rundir = reader.path("rundir", rundir + ".d");
  out.umask = reader.octal("umask", out.umask);
  out.nodaemon = reader.boolean("nodaemon", false);
  out.silent = reader.boolean("silent", false);
  out.nocleanup = reader.boolean("nocleanup", false);
  out.strip_ansi = reader.boolean("strip_ansi", false);
  if (out.strip_ansi) reader.warn("strip_ansi", "not in force yet in this version");
  out.minfds =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, reader.integer("minfds", 1024)));
  out.minprocs =
      static_cast<std::uint64_t>(std::max<std::int64_t>(0, reader.integer("minprocs", 200)));
  out.childlogdir = reader.existing_directory("childlogdir").value_or(world.temporary_directory());
  if (const auto user = reader.user("user"))
    out.user = UserSpec{user->name, user->uid, user->gid, user->groups};
  out.directory = reader.existing_directory("directory");
  out.environment = reader.environment("environment");
  out.identifier = reader.text("identifier", out.identifier);
  reader.warn_of_unknown(options);
  return out;
}

std::optional<ServerSpec> read_unix_server(SectionReader& reader, const Surroundings& world) {
  ServerSpec out;
  out.section = reader.section().name;
  const auto file = reader.text("file");
  if (!file || file->empty()) {
    if (!reader.has("file"))
      reader.section_error("section [" + out.section + "] has no file value");
    return std::nullopt;
  }
  out.unix_path = make_absolute(expand_home(*file, world), world.working_directory());
  constexpr std::size_t longest = 107;  // sockaddr_un's path and its final NUL
  if (out.unix_path.size() > longest) {
    reader.error("file",
                 "the socket's path is " + std::to_string(out.unix_path.size()) +
                     " bytes long: " + out.unix_path,
                 "at most 107 bytes");
  }
  if (const auto mode = reader.text("chmod")) {
    const auto parsed = common::parse_octal(*mode);
    if (parsed) {
      out.mode = *parsed;
    } else {
      reader.error("chmod", "Invalid chmod value " + *mode, "an octal number like 0700");
    }
  }
  if (const auto owner = reader.text("chown")) {
    const auto colon = owner->find(':');
    const auto user = world.find_user(common::trim(std::string_view{*owner}.substr(0, colon)));
    if (user) out.owner = user->uid;
    if (user) out.owner_group = user->gid;
    bool is_known = static_cast<bool>(user);
    if (is_known && colon != std::string::npos) {
      const auto group = world.find_group(common::trim(std::string_view{*owner}.substr(colon + 1)));
      is_known = static_cast<bool>(group);
      if (group) out.owner_group = *group;
    }
    if (!is_known) reader.error("chown", "Invalid sockchown value " + *owner, "user or user:group");
  }
  read_credentials(reader, out);
  reader.warn_of_unknown(unix_options);
  return out;
}

std::optional<ServerSpec> read_inet_server(SectionReader& reader) {
  ServerSpec out;
  out.section = reader.section().name;
  const auto value = reader.text("port");
  if (!value) {
    if (!reader.has("port"))
      reader.section_error("section [" + out.section + "] has no port value");
    return std::nullopt;
  }
  const auto colon = value->rfind(':');
  const std::string port = colon == std::string::npos ? *value : value->substr(colon + 1);
  if (colon != std::string::npos) out.host = common::lower(common::trim(value->substr(0, colon)));
  if (out.host == "*") out.host.clear();
  const auto number = common::parse_int(port);
  if (common::trim(port).empty()) {
    reader.error("port", "no port number specified in '" + *value + "'", "PORT or HOST:PORT");
  } else if (!number) {
    reader.error("port", "not a valid port number: '" + port + "'", "PORT or HOST:PORT");
  } else if (*number < 1) {
    reader.error("port", std::to_string(*number) + " is below lower bound (1)", "1 to 65535");
  } else if (*number > 65535) {
    reader.error("port", std::to_string(*number) + " is above upper bound (65535)", "1 to 65535");
  } else {
    out.port = static_cast<std::uint16_t>(*number);
  }
  read_credentials(reader, out);
  reader.warn_of_unknown(inet_options);
  return out;
}

}  // namespace supervisord::config
