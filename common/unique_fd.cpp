#include "common/unique_fd.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace common {

void UniqueFd::reset(int fd) noexcept {
  if (fd_ >= 0) ::close(fd_);  // EINTR included, Linux has closed it
  fd_ = fd;
}

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) != 0) return system_error("pipe", errno);
  return Pipe{UniqueFd{fds[0]}, UniqueFd{fds[1]}};
}

Result<SocketPair> make_socket_pair(int type, Blocking blocking) {
  const int flags = SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0);
  int fds[2];
  if (::socketpair(AF_UNIX, type | flags, 0, fds) != 0) return system_error("socketpair", errno);
  return SocketPair{UniqueFd{fds[0]}, UniqueFd{fds[1]}};
}

Result<UniqueFd> duplicate(int fd) {
  const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return system_error("dup", errno);
  return UniqueFd{copy};
}

Result<void> set_blocking(int fd, Blocking blocking) {
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return system_error("fcntl", errno);
  const int wanted = blocking == Blocking::yes ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  if (wanted != flags && ::fcntl(fd, F_SETFL, wanted) != 0) return system_error("fcntl", errno);
  return {};
}

}  // namespace common
