#include "supervisorctl/unreachable.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/expand.hpp"
#include "common/ini.hpp"
#include "common/paths.hpp"

extern char** environ;

namespace supervisorctl {
namespace {

using Kind = Failure::Kind;

std::string user_name(uid_t uid) {
  const passwd* const entry = ::getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string group_name(gid_t gid) {
  const group* const entry = ::getgrgid(gid);
  return entry == nullptr ? std::to_string(gid) : entry->gr_name;
}

std::string octal(mode_t mode) {
  char text[8];
  const auto end = std::to_chars(text, text + sizeof text, mode & 07777u, 8).ptr;
  return "0" + std::string(text, end);
}

std::string contents(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// pidfile of [supervisord]; "" when the file does not say it in a way that is easily read.
std::string pid_file_of(const std::string& config_file) {
  if (config_file.empty()) return "";
  const auto document = common::parse_ini(contents(config_file), config_file);
  const auto entry = std::find_if(
      document.entries.rbegin(), document.entries.rend(),
      [](const auto& each) { return each.section == "supervisord" && each.key == "pidfile"; });
  if (entry == document.entries.rend()) return "";
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  common::Names names;
  names.set("here", common::absolute(common::directory_of(config_file), here));
  for (char** each = ::environ; *each != nullptr; ++each) {
    const std::string_view variable = *each;
    const auto mark = variable.find('=');
    if (mark != std::string_view::npos)
      names.set("ENV_" + std::string{variable.substr(0, mark)},
                std::string{variable.substr(mark + 1)});
  }
  const auto expanded = common::expand(entry->value, names, "supervisord.pidfile");
  return expanded ? common::absolute(*expanded, here) : "";
}

std::string command_of(pid_t pid) {
  std::string words = contents("/proc/" + std::to_string(pid) + "/cmdline");
  while (!words.empty() && words.back() == '\0') words.pop_back();
  std::ranges::replace(words, '\0', ' ');
  return words;
}

bool is_supervisord(pid_t pid) {
  return contents("/proc/" + std::to_string(pid) + "/comm") == "supervisord\n";
}

pid_t parent_of(pid_t pid) {
  const std::string stat = contents("/proc/" + std::to_string(pid) + "/stat");
  const auto end = stat.rfind(") ");
  if (end == std::string::npos || stat.size() < end + 5) return 0;
  pid_t parent = 0;
  std::from_chars(stat.data() + end + 4, stat.data() + stat.size(), parent);
  return parent;
}

/// The daemon is the keeper's child and bears its name: only the keeper counts.
std::vector<RunningDaemon> running_daemons() {
  std::vector<RunningDaemon> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc", error}) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc{} || end != name.data() + name.size()) continue;
    if (is_supervisord(pid) && !is_supervisord(parent_of(pid)))
      found.push_back({pid, command_of(pid)});
  }
  std::ranges::sort(found, {}, &RunningDaemon::pid);
  return found;
}

void look_at_socket(Circumstances& seen) {
  struct stat status {};
  const std::string folder{common::directory_of(seen.unix_path)};
  seen.folder_exists = ::stat(folder.c_str(), &status) == 0;
  if (::stat(seen.unix_path.c_str(), &status) != 0) return;
  seen.exists = true;
  seen.is_socket = S_ISSOCK(status.st_mode);
  seen.owner = user_name(status.st_uid) + ":" + group_name(status.st_gid);
  seen.mode = octal(status.st_mode);
}

std::string socket_line(const Circumstances& seen) {
  const std::string folder{common::directory_of(seen.unix_path)};
  if (!seen.exists && seen.kind == Kind::cannot_connect)
    return seen.who + " may not look into " + folder;
  if (!seen.exists)
    return "does not exist; its folder " + folder +
           (seen.folder_exists ? " does" : " does not exist either");
  return std::string{seen.is_socket ? "is there" : "is a file, but no socket"} + ", of " +
         seen.owner + ", mode " + seen.mode +
         (seen.kind == Kind::refused ? "; nobody listens on it" : "; you are " + seen.who);
}

std::string daemon_line(const Circumstances& seen) {
  constexpr std::size_t told = 3;
  std::string line;
  for (std::size_t i = 0; i < std::min(told, seen.running.size()); ++i)
    line += (line.empty() ? "runs: pid " : "; pid ") + std::to_string(seen.running[i].pid) + " (" +
            seen.running[i].command + ")";
  if (seen.running.size() > told)
    line += " and " + std::to_string(seen.running.size() - told) + " more";
  if (line.empty()) line = "no process of that name runs here";
  if (seen.pid_file.empty()) return line;
  line += "; pid file " + seen.pid_file;
  if (seen.pid_in_file == 0) return line + " is not there";
  return line + " says " + std::to_string(seen.pid_in_file) +
         (seen.pid_runs ? "" : ", which is no supervisord any more");
}

/// The file that another supervisord was started with: "-c /etc/x.conf" of its command line.
std::string file_of(const RunningDaemon& daemon) {
  for (const std::string_view flag : {" -c ", " --configuration ", " --configuration="}) {
    const auto at = daemon.command.find(flag);
    if (at == std::string::npos) continue;
    const std::string rest = daemon.command.substr(at + flag.size());
    return rest.substr(0, rest.find(' '));
  }
  return "";
}

std::string advice(const Circumstances& seen) {
  const std::string& file = seen.origin.config_file;
  if (seen.kind == Kind::cannot_connect && !seen.unix_path.empty())
    return seen.exists ? "ask as " + seen.owner.substr(0, seen.owner.find(':')) +
                             ", or let chmod and chown of [unix_http_server] admit " + seen.who
                       : "ask as a user who may, root for instance";
  if (seen.kind == Kind::cannot_connect) return "name a host that can be reached, with -s";
  if (seen.running.size() == 1 && !file_of(seen.running.front()).empty() &&
      file_of(seen.running.front()) != file)
    return "if that one is meant: supervisorctl -c " + file_of(seen.running.front());
  if (!seen.running.empty() && seen.pid_runs)
    return "it runs but does not listen there: see its log, and whether serverurl is the address "
           "of its [unix_http_server] or [inet_http_server]";
  if (!seen.running.empty())
    return "name the address of the one that runs, with -s, or its file, with -c";
  if (!file.empty()) return "start it: supervisord -c " + file;
  return "start supervisord, or name its address with -s or its configuration file with -c";
}

}  // namespace

Circumstances look_around(const ServerAddress& address, const Failure& failure,
                          const AddressOrigin& origin) {
  Circumstances seen{.kind = failure.kind,
                     .reason = failure.text,
                     .unix_path = address.unix_path,
                     .host = address.host,
                     .port = address.port,
                     .origin = origin};
  seen.who = user_name(::geteuid());
  if (!seen.unix_path.empty()) look_at_socket(seen);
  seen.pid_file = pid_file_of(origin.config_file);
  const std::string pid = seen.pid_file.empty() ? "" : contents(seen.pid_file);
  std::from_chars(pid.data(), pid.data() + pid.size(), seen.pid_in_file);
  seen.pid_runs = seen.pid_in_file > 0 && is_supervisord(seen.pid_in_file);
  seen.running = running_daemons();
  return seen;
}

std::vector<std::string> why_unreachable(const Circumstances& seen) {
  std::vector<std::string> lines;
  lines.push_back("supervisorctl: tried " +
                  (seen.unix_path.empty() ? "TCP " + seen.host + " port " + seen.port
                                          : "the Unix socket " + seen.unix_path) +
                  ": " + seen.reason);
  std::string from = seen.origin.from;
  for (std::size_t i = 0; i < seen.origin.looked.size(); ++i)
    from += (i == 0 ? "; looked for one at " : ", ") + seen.origin.looked[i];
  if (!from.empty()) lines.push_back("  address:     " + from);
  if (!seen.unix_path.empty()) lines.push_back("  socket:      " + socket_line(seen));
  lines.push_back("  supervisord: " + daemon_line(seen));
  lines.push_back("  what to do:  " + advice(seen));
  return lines;
}

}  // namespace supervisorctl
