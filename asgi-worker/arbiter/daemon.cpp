#include "asgi-worker/arbiter/daemon.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "asgi-worker/python/compat.hpp"

namespace asgi_worker::arbiter {
namespace {

pid_t fork_python() {
  PyOS_BeforeFork();
  const pid_t pid = ::fork();
  if (pid == 0)
    PyOS_AfterFork_Child();
  else
    PyOS_AfterFork_Parent();
  return pid;
}

}  // namespace

common::Result<Daemon> Daemon::begin() {
  auto pipe = common::make_pipe();
  if (!pipe) return pipe.error();
  std::fflush(nullptr);
  const pid_t child = fork_python();
  if (child < 0) return common::system_error("fork", errno);
  if (child > 0) {
    pipe->write_end.reset();
    char byte = 0;
    ssize_t size = -1;
    do size = ::read(pipe->read_end.get(), &byte, 1);
    while (size < 0 && errno == EINTR);
    ::_exit(size == 1 ? 0 : 1);
  }
  ::setsid();
  const pid_t grandchild = fork_python();  // which leads no session, and so gets no terminal
  if (grandchild < 0) return common::system_error("fork", errno);
  if (grandchild > 0) ::_exit(0);
  return Daemon{std::move(pipe->write_end)};
}

void Daemon::finish(Stdio stdio) {
  if (stdio == Stdio::close) {
    const common::UniqueFd null{::open("/dev/null", O_RDWR | O_CLOEXEC)};
    for (int fd = 0; fd < 3; ++fd) ::dup2(null.get(), fd);
  }
  static_cast<void>(!::write(waiting_.get(), "", 1));
  waiting_.reset();
}

}  // namespace asgi_worker::arbiter
