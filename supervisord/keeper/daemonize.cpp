#include "supervisord/keeper/daemonize.hpp"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/unique_fd.hpp"

namespace supervisord::keeper {
namespace {

using common::Result;
using common::system_error;

Result<void> become(const Identity& identity) {
  if (::getuid() == identity.uid && ::geteuid() == identity.uid) return {};
  if (::setgroups(identity.groups.size(), identity.groups.data()) != 0)
    return system_error("setgroups", errno);
  if (::setgid(identity.gid) != 0)
    return system_error("setgid " + std::to_string(identity.gid), errno);
  if (::setuid(identity.uid) != 0)
    return system_error("setuid " + std::to_string(identity.uid), errno);
  return {};
}

// Only root may pass the hard limit; that it suffices, the pre-flight has seen.
void raise(__rlimit_resource resource, rlim_t wanted) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  limit.rlim_max = std::max(limit.rlim_max, wanted);
  (void)::setrlimit(resource, &limit);
}

}  // namespace

rlimit raise_limits(const Preflight& values) {
  raise(RLIMIT_NOFILE, values.files);
  raise(RLIMIT_NPROC, values.processes);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const rlimit all{files.rlim_max, files.rlim_max};
  (void)::setrlimit(RLIMIT_NOFILE, &all);
  return files;
}

Result<void> apply(const Preflight& values) {
  ::umask(static_cast<mode_t>(values.umask));
  if (values.directory && ::chdir(values.directory->c_str()) != 0) {
    return system_error("can't chdir into " + *values.directory, errno);
  }
  return values.identity ? become(*values.identity) : Result<void>{};
}

Result<void> go_to_background() {
  const pid_t pid = ::fork();
  if (pid < 0) return system_error("fork", errno);
  if (pid > 0) ::_exit(0);
  ::setsid();  // cannot fail: a child just forked leads no process group
  const common::UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  if (!null) return system_error("/dev/null", errno);
  for (const int fd : {0, 1, 2}) ::dup2(null.get(), fd);
  return {};
}

Result<void> write_pidfile(const std::string& path) {
  if (path.empty()) return {};
  const common::UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)};
  const std::string line = std::to_string(::getpid()) + "\n";
  if (!fd || ::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    return system_error("could not write pidfile " + path, errno);
  }
  return {};
}

}  // namespace supervisord::keeper
