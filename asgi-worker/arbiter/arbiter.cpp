#include "asgi-worker/arbiter/arbiter.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "asgi-worker/python/gil.hpp"
#include "asgi-worker/worker/worker.hpp"
#include "common/overloaded.hpp"

namespace asgi_worker::arbiter {
namespace {

using python::Level;

constexpr int handled[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,   SIGUSR1,
                           SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD};

sigset_t handled_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : handled) sigaddset(&set, number);
  return set;
}

int milliseconds_until(std::optional<Clock::time_point> at) {
  if (!at) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, 60'000));
}

Level level_of(Say::Level level) {
  switch (level) {
    case Say::Level::info: return Level::info;
    case Say::Level::warning: return Level::warning;
    case Say::Level::error: return Level::error;
  }
  return Level::info;
}

}  // namespace

/// A worker as the arbiter holds it. Its pid is ours until reap() has taken its status.
struct Arbiter::Child {
  pid_t pid;
  common::UniqueFd words;  // what it tells us
};

Arbiter::Arbiter(const Policy& policy, Hooks hooks, const python::Log& log)
    : plan_{policy}, hooks_{std::move(hooks)}, log_{log} {}

Arbiter::~Arbiter() = default;

int Arbiter::run() {
  // Blocked from here on: they come by the descriptor. A worker unblocks them once it has its own
  // handlers, so that none is lost in between.
  const sigset_t set = handled_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) {
    log_.line(Level::critical, std::string{"signalfd: "} + std::strerror(errno));
    return 1;
  }
  take(Started{});
  while (!status_) {
    wait();
    // Signals before exits: TERM to all of us at once is a shutdown, not a crash of the workers.
    read_signals();
    read_words();
    if (!status_) reap();
    if (!status_) take(TimePassed{});
  }
  return *status_;
}

void Arbiter::take(const Input& input) { apply(plan_.step(input, Clock::now())); }

void Arbiter::apply(const Actions& actions) {
  for (const Action& action : actions) {
    if (is_worker_) return;  // what follows is the arbiter's business
    std::visit(common::Overloaded{
                   [&](Fork fork) { fork_worker(fork.slot); },
                   [&](Signal signal) { ::kill(signal.pid, signal.number); },
                   [&](SayReady) { hooks_.ready(); },
                   [&](const Say& say) { log_.line(level_of(say.level), say.text); },
                   [&](Finish finish) {
                     if (!status_) status_ = finish.status;
                   },
               },
               action);
  }
}

void Arbiter::fork_worker(int slot) {
  auto pipe = common::make_pipe();
  if (!pipe) {
    log_.line(Level::error, "cannot start a worker: " + pipe.error().context);
    return take(ForkFailed{slot});
  }
  (void)common::set_blocking(pipe->read_end.get(), common::Blocking::no);
  const pid_t arbiter = ::getpid();
  PyOS_BeforeFork();
  const pid_t pid = ::fork();
  const int error = errno;
  if (pid != 0) {
    PyOS_AfterFork_Parent();
    if (pid < 0) {
      log_.line(Level::error, std::string{"cannot start a worker: "} + std::strerror(error));
      return take(ForkFailed{slot});
    }
    children_.push_back({pid, std::move(pipe->read_end)});
    return take(Forked{slot, pid});
  }
  PyOS_AfterFork_Child();
  is_worker_ = true;
  signals_.reset();
  children_.clear();
  pipe->read_end.reset();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // an arbiter that was killed takes nobody's place
  status_ = ::getppid() == arbiter ? hooks_.run(pipe->write_end.get()) : 0;
}

void Arbiter::wait() {
  std::vector<pollfd> watched{{signals_.get(), POLLIN, 0}};
  for (const Child& child : children_)
    if (child.words) watched.push_back({child.words.get(), POLLIN, 0});
  const int timeout = milliseconds_until(plan_.deadline());
  const python::Release others_run;
  ::poll(watched.data(), watched.size(), timeout);
}

void Arbiter::read_signals() {
  std::array<signalfd_siginfo, 16> batch;
  for (;;) {
    const auto size = ::read(signals_.get(), batch.data(), sizeof batch);
    if (size <= 0) return;
    for (std::size_t index = 0; index < static_cast<std::size_t>(size) / sizeof batch[0]; ++index) {
      on_signal(static_cast<int>(batch[index].ssi_signo));
      if (is_worker_) return;
    }
  }
}

void Arbiter::on_signal(int number) {
  using How = StopAsked::How;
  switch (number) {
    case SIGTERM:
      if (!is_stopping_) log_.line(Level::info, "Handling signal: term");
      is_stopping_ = true;
      return take(StopAsked{How::graceful});
    case SIGINT: {
      log_.line(Level::info,
                is_stopping_ ? "Handling signal: int, forced" : "Handling signal: int");
      const auto how = is_stopping_ ? How::quick : How::graceful;
      is_stopping_ = true;
      return take(StopAsked{how});
    }
    case SIGQUIT:
      log_.line(Level::info, "Handling signal: quit");
      is_stopping_ = true;
      return take(StopAsked{How::quick});
    case SIGHUP:
      log_.line(Level::info, "Handling signal: hup");
      return take(ReloadAsked{hooks_.reload()});
    case SIGUSR1:
      hooks_.reopen_logs();
      for (const Child& child : children_) ::kill(child.pid, SIGUSR1);
      return;
    case SIGTTIN: return take(MoreAsked{});
    case SIGTTOU: return take(FewerAsked{});
    default: return;  // CHLD: reap() looks anyway; USR2, WINCH: ignored
  }
}

void Arbiter::read_words() {
  std::vector<std::pair<pid_t, char>> said;
  for (Child& child : children_) {
    if (!child.words) continue;
    std::array<char, 16> words;
    const auto size = ::read(child.words.get(), words.data(), words.size());
    for (long index = 0; index < size; ++index)
      said.emplace_back(child.pid, words[static_cast<std::size_t>(index)]);
    if (size == 0) child.words.reset();  // it ends; reap() will see to it
  }
  for (const auto& [pid, word] : said) {
    if (is_worker_) return;
    if (word == worker::ready_word) take(Ready{pid});
    if (word == worker::retire_word) take(RetireAsked{pid});
  }
}

void Arbiter::reap() {
  for (;;) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    std::erase_if(children_, [&](const Child& child) { return child.pid == pid; });
    take(Exited{pid, status});
    if (is_worker_) return;
  }
}

}  // namespace asgi_worker::arbiter
