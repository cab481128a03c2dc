// The daemon's life: started, watched, revived, and what follows its last end.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "common/error.hpp"
#include "common/overloaded.hpp"
#include "common/wait_status.hpp"
#include "supervisord/keeper/keeper.hpp"
#include "supervisord/keeper/keeper_tags.hpp"
#include "supervisord/keeper/line.hpp"
#include "supervisord/keeper/reaper.hpp"

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;

constexpr int link_number_in_daemon = 3;
constexpr auto patience_with_finished_daemon = 10s;
constexpr auto patience_with_children = 10s;
constexpr int failed_to_start = 127 << 8;  // a wait status, as a shell gives it

bool has_tracer(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/status";
  const common::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  char bytes[4096];
  const ssize_t size = fd ? ::read(fd.get(), bytes, sizeof bytes) : 0;
  return is_traced({bytes, size > 0 ? static_cast<std::size_t>(size) : 0});
}

// By a signal that nobody sends to ask for an end.
bool died_of_itself(int status) {
  if (!WIFSIGNALED(status)) return false;
  const int number = WTERMSIG(status);
  return number != SIGHUP && number != SIGINT && number != SIGQUIT && number != SIGTERM;
}

}  // namespace

void Keeper::start_daemon() {
  revive_at_.reset();
  if (phase_ == Phase::run) ++daemon_starts_;
  SpawnPlan plan;
  plan.name = "supervisord";
  plan.executable = options_.daemon;
  plan.argv = options_.argv;
  plan.environment = options_.environment;
  plan.targets = {link_number_in_daemon};
  auto pair = common::make_socket_pair(SOCK_SEQPACKET);
  std::variant<Launched, LaunchFailure> result = LaunchFailure{"socketpair", "", EMFILE};
  if (pair) {
    const int theirs = pair->second.get();
    result = launcher_.launch(plan, {&theirs, 1}, Launcher::WhenKeeperDies::is_killed);
  }
  if (const auto* const failure = std::get_if<LaunchFailure>(&result)) {
    note(NoteLevel::error, "cannot start " + options_.daemon + ": " + failure->step + ": " +
                               common::errno_name(failure->error));
    daemon_ended(failed_to_start);
    return;
  }
  auto& launched = std::get<Launched>(result);
  daemon_pid_ = launched.pid;
  daemon_pidfd_ = std::move(launched.pidfd);
  link_ = std::make_unique<Link>(std::move(pair->first));
  ++link_number_;
  watch(link_->fd(), tag(Watched::link, link_number_), EPOLLIN);
  if (phase_ == Phase::run) watchdog_.started(Clock::now());
}

// What the dead daemon had sent counts, all of it, before the next one starts.
void Keeper::daemon_ended(int status) {
  daemon_pid_ = 0;
  daemon_pidfd_.reset();
  watchdog_.ended();
  drain_link();
  close_link();
  kill_daemon_at_.reset();
  previous_end_ = status;
  const int as_exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (phase_ == Phase::preflight) {
    if (died_of_itself(status))  // and has said nothing
      print("Error: supervisord was " + common::wait_status_text(status) +
            " while it read its configuration; nothing was started");
    end(as_exit);
    return;
  }
  if (trial_) trial_->somebody_waits = false;
  if (finish_) {
    end(*finish_);
    return;
  }
  if (std::exchange(upgrade_wanted_, false)) {
    become_installed();
    start_daemon();
    return;
  }
  const auto wait = revive_.died(status, Clock::now());
  const auto wait_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wait).count();
  note(NoteLevel::warn, "daemon died: " + common::wait_status_text(status) +
                            "; the programs run on, it is started again" +
                            (wait_ms > 0 ? " in " + std::to_string(wait_ms) + " ms" : " at once"));
  if (wait_ms == 0) {
    start_daemon();
  } else if (shutdown_signal_) {
    stop_alone();
  } else {
    revive_at_ = Clock::now() + wait;
  }
}

void Keeper::kill_daemon() {
  if (daemon_pid_ > 0) ::kill(daemon_pid_, SIGKILL);  // not reaped yet, so the pid is still its own
}

// One that does not turn its loop is of no use, and holds up all that wait for it.
void Keeper::watch_daemon() {
  const auto now = Clock::now();
  if (!watchdog_.due() || *watchdog_.due() > now || daemon_pid_ <= 0) return;
  const bool traced = has_tracer(daemon_pid_);
  switch (watchdog_.look(now, traced ? Watchdog::Traced::yes : Watchdog::Traced::no)) {
    case Watchdog::Verdict::none: return;
    case Watchdog::Verdict::ping: tell(Ping{}); return;
    case Watchdog::Verdict::abort:
      welcomed_ = false;  // so that the line is written, and what happens now is its successor's
      note(NoteLevel::error, "the daemon (pid " + std::to_string(daemon_pid_) +
                                 ") does not answer: it is ended by SIGABRT and replaced");
      ::kill(daemon_pid_, SIGABRT);  // not reaped yet, so the pid is still its own
      return;
    case Watchdog::Verdict::kill: kill_daemon(); return;
  }
}

void Keeper::drain_link() {
  welcomed_ = false;  // nobody hears our answers
  while (link_) {
    std::vector<Incoming> incoming;
    const Link::Received received = link_->receive(incoming);
    take_in(incoming);
    if (received != Link::Received::packet) return;
  }
}

// Out of epoll before it is closed: a child that has not come to its exec may still hold it.
void Keeper::close_link() {
  if (!link_) return;
  unwatch(link_->fd());
  link_.reset();
  welcomed_ = false;
  link_blocked_ = false;
}

void Keeper::end(int status) {
  if (!over_) over_ = status;
}

// No daemon can be had, and we were asked to end: the children get what Supervisor gives by
// default, by group.
void Keeper::stop_alone() {
  if (std::exchange(alone_, true)) return;
  revive_at_.reset();
  note(NoteLevel::warn, "stopping without the daemon: TERM to all programs, KILL after 10 s");
  for (const auto& [name, row] : children_.rows()) send_signal(row, SIGTERM, true);
  kill_all_at_ = Clock::now() + patience_with_children;
  if (children_.living() == 0) end(1);
}

void Keeper::on_finish(int status) {
  if (phase_ == Phase::preflight) return;  // its own exit status says it
  finish_ = status;
  kill_daemon_at_ = Clock::now() + patience_with_finished_daemon;
  (void)notifier_.send("STOPPING=1");
}

}  // namespace supervisord::keeper
