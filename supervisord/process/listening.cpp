#include "supervisord/process/listening.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "common/bind.hpp"

namespace supervisord::process {

using common::Result;
using common::UniqueFd;

Result<UniqueFd> listen_on(const config::ListenSpec& spec) {
  common::BindOptions options;
  options.backlog = spec.backlog;
  options.unix_mode = spec.mode;
  options.unix_user = spec.owner;
  options.unix_group = spec.owner_group;
  common::Address address = common::TcpAddress{spec.host, spec.port};
  if (!spec.unix_path.empty()) address = common::UnixAddress{spec.unix_path};
  auto bound = common::bind_address(address, options);
  if (!bound) return bound;
  if (const auto set = common::set_blocking(bound->get(), common::Blocking::yes); !set)
    return set.error();
  return bound;
}

void stop_listening(int fd) { ::shutdown(fd, SHUT_RDWR); }

void remove_socket_file(const std::string& path) {
  struct stat status {};
  if (!path.empty() && ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode))
    ::unlink(path.c_str());
}

UniqueFd listening_socket_of(pid_t pid, int number) {
  const UniqueFd process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return {};
  UniqueFd fd{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), number, 0))};
  int listens = 0;
  socklen_t size = sizeof listens;
  if (!fd || ::getsockopt(fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 ||
      listens == 0)
    return {};
  return fd;
}

UniqueFd listening_socket_of(pid_t pid, const std::string& address) {
  std::error_code none;  // it may have ended: there is nothing to be had then
  const std::filesystem::path folder{"/proc/" + std::to_string(pid) + "/fd"};
  for (std::filesystem::directory_iterator entry{folder, none}, end; !none && entry != end;
       entry.increment(none)) {
    const auto target = std::filesystem::read_symlink(entry->path(), none).string();
    if (!target.starts_with("socket:")) continue;
    UniqueFd fd = listening_socket_of(pid, std::atoi(entry->path().filename().c_str()));
    if (fd && common::bound_address(fd.get()) == address) return fd;
  }
  return {};
}

}  // namespace supervisord::process
