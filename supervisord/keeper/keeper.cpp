#include "supervisord/keeper/keeper.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "common/error.hpp"
#include "supervisord/keeper/adoption.hpp"
#include "supervisord/keeper/daemonize.hpp"
#include "supervisord/keeper/keeper_tags.hpp"
#include "supervisord/keeper/line.hpp"
#include "supervisord/keeper/reaper.hpp"

namespace supervisord::keeper {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds lock_patience = 5s;
constexpr auto link_retry = 5ms;       // when too many descriptors are on their way, no event comes
constexpr auto unreaped_retry = 10ms;  // nor when another process reaps

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (::getrandom(&number, sizeof number, 0) < 0 && errno == EINTR) {
  }
  return number;
}

}  // namespace

Keeper::Keeper(KeeperOptions options, Launcher launcher)
    : options_{std::move(options)},
      launcher_{std::move(launcher)},
      notifier_{options_.notify_socket},
      epoch_{random_number()},
      records_{std::exchange(options_.records, {})} {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  started_at_ns_ = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

int Keeper::run() {
  if (const auto status = preflight()) return *status;
  if (const auto status = settle(*values_)) return *status;
  start_daemon();
  loop_until_over();
  clean_up();
  return *over_;
}

int Keeper::run(Table table) {
  if (const auto status = resume(table)) return *status;
  start_daemon();
  loop_until_over();
  clean_up();
  return *over_;
}

// --- the loop ---------------------------------------------------------------------------------

int Keeper::open_loop() {
  sigset_t all;
  sigfillset(&all);
  epoll_ = common::UniqueFd{::epoll_create1(EPOLL_CLOEXEC)};
  signals_ = common::UniqueFd{::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!epoll_ || !signals_) return errno;
  watch(signals_.get(), tag(Watched::signals), EPOLLIN);
  for (const auto& [name, row] : children_.rows()) {
    if (row.adopted && row.lives())
      watch(row.pidfd.get(), tag(Watched::adopted, static_cast<std::uint32_t>(row.facts.pid)),
            EPOLLIN);
  }
  return 0;
}

void Keeper::watch(int fd, std::uint64_t tag, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
}

void Keeper::unwatch(int fd) { ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void Keeper::loop_until_over() {
  child_ended_ = true;  // what was pending before the descriptor was there
  while (!over_) turn();
}

void Keeper::turn() {
  epoll_event events[64];
  const int count = ::epoll_wait(epoll_.get(), events, 64, child_ended_ ? 0 : wait_ms());
  for (int i = 0; i < count; ++i) {
    const auto [what, number] = untag(events[i].data.u64);
    switch (what) {
      case Watched::signals: take_signals(); break;
      case Watched::link:
        if (link_ && number == link_number_) receive();
        break;
      case Watched::trial: receive_from_trial(); break;
      case Watched::adopted: look_at_adopted_child(static_cast<pid_t>(number)); break;
    }
  }
  if (std::exchange(child_ended_, false)) reap();
  on_timers();
  if (link_) {
    const Link::Flushed flushed = link_->flush();
    link_blocked_ = flushed == Link::Flushed::later;
    if (flushed == Link::Flushed::closed) {
      receive();  // what it said before it died counts
      if (link_ && !kill_daemon_at_) kill_daemon_at_ = Clock::now();
    }
  }
}

int Keeper::wait_ms() const {
  std::optional<Clock::time_point> next;
  const auto consider = [&](const std::optional<Clock::time_point>& at) {
    if (at && (!next || *at < *next)) next = at;
  };
  consider(revive_at_);
  consider(kill_daemon_at_);
  consider(kill_all_at_);
  consider(watchdog_.due());
  if (trial_ && !trial_->gave_up) consider(trial_->give_up_at);
  const auto now = Clock::now();
  if (link_blocked_) consider(now + link_retry);
  if (!unreaped_.empty()) consider(now + unreaped_retry);
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void Keeper::on_timers() {
  const auto now = Clock::now();
  const auto is_due = [&](std::optional<Clock::time_point>& at) {
    if (!at || *at > now) return false;
    at.reset();
    return true;
  };
  if (is_due(revive_at_)) start_daemon();
  if (is_due(kill_daemon_at_)) kill_daemon();
  watch_daemon();
  if (is_due(kill_all_at_)) {
    for (const auto& [name, row] : children_.rows()) {
      send_signal(row, SIGKILL, true);
      if (!row.facts.cgroup.empty()) Cgroups::kill(row.facts.cgroup);
    }
  }
  if (trial_ && trial_->give_up_at <= now && !std::exchange(trial_->gave_up, true)) give_up_trial();
  std::vector<pid_t> unreaped;
  for (const auto& [pid, until] : unreaped_) unreaped.push_back(pid);
  for (const pid_t pid : unreaped) look_at_adopted_child(pid);
}

void Keeper::take_signals() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGCHLD && info.ssi_pid > 0)
      named_child_ = static_cast<pid_t>(info.ssi_pid);
    on_signal(static_cast<int>(info.ssi_signo));
  }
}

void Keeper::on_signal(int number) {
  switch (number) {
    case SIGCHLD: child_ended_ = true; return;
    case SIGTERM:
    case SIGINT:
    case SIGQUIT:
    case SIGHUP:
    case SIGUSR2: break;
    default: return;
  }
  if (phase_ == Phase::preflight) {  // the terminal's signal did not reach the daemon's group
    if (daemon_pid_ > 0) ::kill(daemon_pid_, number);
    return;
  }
  const bool ends = number == SIGTERM || number == SIGINT || number == SIGQUIT;
  if (ends && !shutdown_signal_) {
    shutdown_signal_ = number;
    (void)notifier_.send("STOPPING=1");
  }
  if (welcomed_)
    tell(Signalled{number});
  else if (!ends)
    pending_signals_.push_back(number);
  if (ends && daemon_pid_ == 0) stop_alone();
}

// --- from the pre-flight to the first daemon ----------------------------------------------------

std::optional<int> Keeper::preflight() {
  if (const int error = open_loop()) {
    print("supervisord: " + common::system_error("epoll", error).context);
    return 1;
  }
  start_daemon();
  loop_until_over();
  if (!values_ || *over_ != 0) return *over_;
  over_.reset();
  return std::nullopt;
}

std::optional<int> Keeper::settle(const Preflight& values) {
  std::optional<Owner> owner;
  if (values.identity && ::geteuid() == 0)
    owner = Owner{values.identity->uid, values.identity->gid};
  const bool in_memory = ::getpid() == 1 || values.rundir.empty();
  auto rundir = in_memory ? make_memory_rundir() : take_rundir(values.rundir, owner, lock_patience);
  if (!rundir && rundir.error().code.value() == EWOULDBLOCK) {
    print("Error: another supervisord is already running (" + values.rundir + " is locked by it)");
    return 2;
  }
  std::string why = ::getpid() == 1 ? "it is pid 1" : "there is no rundir";
  if (!rundir) {
    why = rundir.error().context;
    rundir = make_memory_rundir();
  }
  if (!rundir) {
    print("supervisord: " + rundir.error().context);
    return 1;
  }
  rundir_ = std::move(*rundir);

  program_files_ = raise_limits(values);
  if (auto launcher = Launcher::make(program_files_)) launcher_ = std::move(*launcher);
  if (rundir_.folder) {
    if (auto folder = common::duplicate(rundir_.folder.get()))
      state_file_ = StateFile{std::move(*folder)};
    adopt_all();
    if (owner)
      (void)!::fchownat(rundir_.folder.get(), "keeper.state", owner->uid, owner->gid,
                        AT_SYMLINK_NOFOLLOW);
  }
  if (const auto applied = apply(values); !applied) {
    print("Error: " + applied.error().context);
    return 2;
  }
  if (!values.nodaemon) {
    if (const auto gone = go_to_background(); !gone) print("supervisord: " + gone.error().context);
  }
  cgroups_ = Cgroups{own_cgroup_folder()};
  phase_ = Phase::run;
  daemon_starts_ = 0;
  previous_end_.reset();
  if (const int error = open_loop()) {
    print("supervisord: " + common::system_error("epoll", error).context);
    return 1;
  }
  if (::getpid() != 1) ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  if (const auto written = write_pidfile(values.pidfile); !written)
    note(NoteLevel::critical, written.error().context);
  if (!rundir_.folder) {
    note(NoteLevel::warn,
         "programs will not survive the death of supervisord's own main process (" + why + ")");
  }
  auto pump = common::duplicate(rundir_.pump.get());
  RecordRow row;
  if (pump) row.fds.push_back(std::move(*pump));
  records_["pump"] = std::move(row);
  return std::nullopt;
}

void Keeper::adopt_all() {
  auto before = state_file_.read();
  if (!before && before.error().code != std::errc::no_such_file_or_directory) {
    note(NoteLevel::warn,
         "cannot read what an earlier supervisord left: " + before.error().context);
  }
  if (before) {
    JournalState state = of_this_boot(std::move(*before), boot_id());
    for (auto& [name, facts] : state.children) children_.add(adopt(std::move(facts)));
    for (auto& [key, bytes] : state.records)
      records_.try_emplace(key, RecordRow{std::move(bytes), true, {}});
    adopted_ = !state.children.empty() || !state.records.empty();
  }
  for (const auto& [name, row] : children_.rows()) {
    if (row.lives()) {
      note(NoteLevel::info, "adopted: '" + name + "' with pid " + std::to_string(row.facts.pid));
    } else if (row.facts.pid == 0) {
      note(NoteLevel::warn,
           "'" + name + "' was being started when supervisord was killed; it may run unsupervised");
    }
  }
  if (const auto written = state_file_.rewrite(state_now()); !written) {
    note(NoteLevel::error, "cannot write the state file: " + written.error().context);
  }
}

void Keeper::clean_up() {
  if (values_ && !values_->pidfile.empty()) ::unlink(values_->pidfile.c_str());
  cgroups_.end();
  remove_rundir(rundir_);
}

// --- lines
// ----------------------------------------------------------------------------------------

void Keeper::tell(const Message& message) {
  if (welcomed_ && link_) link_->send(message);
}

void Keeper::note(NoteLevel level, const std::string& text) {
  if (welcomed_ && link_) {
    tell(Note{level, text});
    return;
  }
  timeval now{};
  ::gettimeofday(&now, nullptr);
  const std::string line = log_line(now, level, text);
  const auto log = records_.find("main-log");
  const bool has_log = log != records_.end() && !log->second.fds.empty();
  const bool is_in_background = phase_ == Phase::run && values_ && !values_->nodaemon;
  if (!has_log && is_in_background) pending_notes_.push_back({level, text});
  (void)!::write(has_log ? log->second.fds.front().get() : 2, line.data(),
                 line.size());  // nobody to tell
}

}  // namespace supervisord::keeper
