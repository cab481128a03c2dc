#include "asgi-worker/arbiter/template.hpp"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

#include "asgi-worker/python/compat.hpp"
#include "asgi-worker/python/gil.hpp"
#include "common/fd_passing.hpp"

namespace asgi_worker::arbiter {
namespace {

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

bool tell(int link, TemplateWord word) {
  return ::send(link, &word, sizeof word, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof word);
}

/// fork(), but the child is the arbiter's: one in between dies at once, and orphans go to the
/// subreaper. The one in between runs no Python.
pid_t fork_for_arbiter() {
  auto pipe = common::make_pipe();
  if (!pipe) return -1;
  PyOS_BeforeFork();
  const pid_t between = ::fork();
  if (between != 0) {
    PyOS_AfterFork_Parent();
    pipe->write_end.reset();
    pid_t worker = -1;
    if (between > 0) {
      if (::read(pipe->read_end.get(), &worker, sizeof worker) != sizeof worker) worker = -1;
      while (::waitpid(between, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
    return worker;
  }
  const pid_t parent = ::getpid();
  const pid_t worker = ::fork();
  if (worker != 0) {
    static_cast<void>(!::write(pipe->write_end.get(), &worker, sizeof worker));
    ::_exit(0);
  }
  while (::getppid() == parent) ::usleep(100);  // it is about to exit
  PyOS_AfterFork_Child();
  return 0;
}

}  // namespace

bool Template::ask(std::size_t cell, int words) {
  const std::array<int, 1> fds{words};
  return static_cast<bool>(common::send_with_fds(link_.get(), bytes_of(cell), fds));
}

std::optional<TemplateWord> Template::read() {
  TemplateWord word{TemplateWord::What::closed};
  const auto size = ::recv(link_.get(), &word, sizeof word, MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  if (size != sizeof word) return TemplateWord{TemplateWord::What::closed};
  if (word.what == TemplateWord::What::loaded) is_loaded_ = true;
  return word;
}

int run_template(common::UniqueFd link, pid_t arbiter, const TemplateLife& life) {
  sigset_t blocked;  // for a worker, until it has its own handlers
  ::pthread_sigmask(SIG_BLOCK, nullptr, &blocked);
  if (const int status = life.load(); status != 0) return status;
  tell(link.get(), {TemplateWord::What::loaded});
  for (;;) {
    std::size_t cell = 0;
    auto packet = [&] {
      const python::Release others_run;
      sigset_t none;
      sigemptyset(&none);
      ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
      auto received =
          common::receive_with_fds(link.get(), {reinterpret_cast<char*>(&cell), sizeof cell});
      ::pthread_sigmask(SIG_SETMASK, &blocked, nullptr);
      return received;
    }();
    if (PyErr_CheckSignals() != 0) PyErr_Clear();
    if (!packet && packet.error().code == std::errc::interrupted) continue;
    if (!packet || packet->size != sizeof cell || packet->fds.empty()) return 0;
    common::UniqueFd words = std::move(packet->fds.front());
    const pid_t worker = fork_for_arbiter();
    if (worker == 0) {
      link.reset();
      return ::getppid() == arbiter ? life.run({cell, std::move(words)}) : 0;
    }
    const auto what = worker > 0 ? TemplateWord::What::forked : TemplateWord::What::failed;
    if (!tell(link.get(), {what, worker})) return 0;
  }
}

}  // namespace asgi_worker::arbiter
