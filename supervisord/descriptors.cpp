#include "supervisord/descriptors.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace supervisord {
namespace {

constexpr std::uint64_t room = 128;  // connections, records, what is only there for a moment

bool is_piped(const config::LogSpec& log) {
  return log.kind != config::LogSpec::Kind::none || log.events_enabled || log.syslog ||
         log.capture_max_bytes > 0;
}

std::uint64_t value_of(rlim_t limit) {
  return limit == RLIM_INFINITY ? UINT64_MAX : static_cast<std::uint64_t>(limit);
}

Limit limit_now(__rlimit_resource resource) {
  rlimit now{};
  ::getrlimit(resource, &now);
  return {value_of(now.rlim_cur), value_of(now.rlim_max)};
}

bool may_raise_files() {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  rlimit more = now;
  ++more.rlim_max;
  if (now.rlim_max == RLIM_INFINITY || ::setrlimit(RLIMIT_NOFILE, &more) != 0) return false;
  ::setrlimit(RLIMIT_NOFILE, &now);
  return true;
}

std::string minfds_text(std::uint64_t wanted, std::uint64_t hard) {
  return fmt::format(
      "The minimum number of file descriptors required to run this process is {} as per the "
      "\"minfds\" command-line argument or config file setting. The current environment will only "
      "allow you to open {} file descriptors.  Either raise the number of usable file descriptors "
      "in your environment or lower the minfds setting in the config file to allow the process to "
      "start.",
      wanted, hard);
}

std::string minprocs_text(std::uint64_t wanted, std::uint64_t hard) {
  return fmt::format(
      "The minimum number of available processes required to run this program is {} as per the "
      "\"minprocs\" command-line argument or config file setting. The current environment will "
      "only allow you to open {} processes.  Either raise the number of usable processes in your "
      "environment or lower the minprocs setting in the config file to allow the program to start.",
      wanted, hard);
}

}  // namespace

std::uint64_t descriptors_needed(const config::Config& config) {
  std::uint64_t needed = room + config.servers.size();
  std::set<std::string> files;
  std::set<std::string> sockets;
  const auto count = [&](const config::LogSpec& log) {
    if (!is_piped(log)) return;
    ++needed;
    if (log.kind == config::LogSpec::Kind::auto_named) ++needed;
    if (log.kind == config::LogSpec::Kind::file) files.insert(log.path);
  };
  for (const auto& group : config.groups) {
    if (group.fcgi) ++needed;
    for (const auto& process : group.processes) {
      ++needed;                   // its pidfd
      if (!group.fcgi) ++needed;  // its stdin
      for (const auto& socket : process.sockets) sockets.insert(socket.place.url);
      count(process.stdout_log);
      if (!process.redirect_stderr) count(process.stderr_log);
      if (process.ready_notification != config::ReadyNotification::none) ++needed;
    }
  }
  return needed + files.size() + sockets.size();
}

Limits limits_now() {
  Limits limits{limit_now(RLIMIT_NOFILE), limit_now(RLIMIT_NPROC), may_raise_files(), 1 << 20};
  std::ifstream{"/proc/sys/fs/nr_open"} >> limits.most_files;
  return limits;
}

common::Result<Granted> check_limits(const config::Config& config, const Limits& limits) {
  const auto most = [&](const Limit& limit, std::uint64_t absolute) {
    return limits.may_raise ? std::max(limit.hard, absolute) : limit.hard;
  };
  const std::uint64_t most_files = most(limits.files, limits.most_files);
  if (config.daemon.minfds > most_files)
    return common::Error{common::Errc::bad_value, minfds_text(config.daemon.minfds, most_files)};
  const std::uint64_t most_processes = most(limits.processes, UINT64_MAX);
  if (config.daemon.minprocs > most_processes) {
    return common::Error{common::Errc::bad_value,
                         minprocs_text(config.daemon.minprocs, most_processes)};
  }
  const std::uint64_t needed = descriptors_needed(config);
  if (needed > most_files) {
    std::size_t processes = 0;
    for (const auto& group : config.groups) processes += group.processes.size();
    return common::Error{
        common::Errc::bad_value,
        fmt::format(
            "the {} configured processes need {} file descriptors, and RLIMIT_NOFILE allows "
            "{}: raise the hard limit (ulimit -Hn, LimitNOFILE=), or set stdout_logfile and "
            "stderr_logfile to NONE where no log is wanted",
            processes, needed, most_files)};
  }
  Granted granted;
  granted.files = std::max(config.daemon.minfds, needed);
  if (limits.files.soft < config.daemon.minfds)
    granted.notices.push_back(
        fmt::format("Increased RLIMIT_NOFILE limit to {}", config.daemon.minfds));
  if (limits.processes.soft < config.daemon.minprocs)
    granted.notices.push_back(
        fmt::format("Increased RLIMIT_NPROC limit to {}", config.daemon.minprocs));
  return granted;
}

}  // namespace supervisord
