#include "asgi-worker/arbiter/pid_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {
namespace {

using common::Errc;
using common::Error;
using common::Result;

pid_t pid_in(const std::string& path) {
  pid_t pid = 0;
  std::ifstream{path} >> pid;
  return pid;
}

bool lives(pid_t pid) { return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM); }

}  // namespace

Result<void> PidFile::write(const std::string& path) {
  if (path.empty()) return remove(), Result<void>{};
  const pid_t other = pid_in(path);
  if (other != ::getpid() && lives(other))
    return Error{Errc::conflict, "Already running on PID " + std::to_string(other) +
                                     " (or pid file '" + path + "' is stale)"};
  const std::string draft = path + "." + std::to_string(::getpid());
  const common::UniqueFd file{
      ::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)};
  if (!file) return common::system_error("cannot write pid file '" + path + "'", errno);
  const std::string text = std::to_string(::getpid()) + "\n";
  ::fchmod(file.get(), 0644);  // whatever the umask
  const bool is_written =
      ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (!is_written || ::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    return common::system_error("cannot write pid file '" + path + "'", error);
  }
  if (path_ != path) remove();
  path_ = path;
  return {};
}

Result<void> PidFile::move_to(const std::string& path) {
  if (path_.empty() || path_ == path) return {};
  if (::rename(path_.c_str(), path.c_str()) != 0)
    return common::system_error("cannot rename pid file '" + path_ + "'", errno);
  path_ = path;
  return {};
}

void PidFile::remove() {
  if (!path_.empty() && pid_in(path_) == ::getpid()) ::unlink(path_.c_str());
  path_.clear();
}

}  // namespace asgi_worker::arbiter
