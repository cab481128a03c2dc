#include "asgi-worker/arbiter/arbiter.hpp"

#include <poll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "asgi-worker/python/gil.hpp"
#include "asgi-worker/worker/worker.hpp"
#include "common/overloaded.hpp"
#include "common/wait_status.hpp"

namespace asgi_worker::arbiter {
namespace {

using python::Level;
using namespace std::chrono_literals;

constexpr int handled[] = {SIGTERM, SIGINT,  SIGQUIT, SIGHUP,   SIGUSR1,
                           SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH, SIGCHLD};

sigset_t handled_set() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : handled) sigaddset(&set, number);
  return set;
}

Level level_of(Say::Level level) {
  switch (level) {
    case Say::Level::info: return Level::info;
    case Say::Level::warning: return Level::warning;
    case Say::Level::error: return Level::error;
    case Say::Level::critical: return Level::critical;
  }
  return Level::info;
}

const char* reason_of(char word) {
  switch (word) {
    case worker::requests_word: return "max requests";
    case worker::age_word: return "lifetime";
    case worker::memory_word: return "memory";
    default: return nullptr;
  }
}

/// How often to look whether a loop has stood still for that long.
Clock::duration look_interval(Clock::duration most_silence) {
  return std::clamp<Clock::duration>(most_silence / 4, 50ms, 1s);
}

}  // namespace

Arbiter::Arbiter(const Wanted& wanted, Hooks hooks, const python::Log& log)
    : wanted_{wanted}, plan_{wanted.policy}, hooks_{std::move(hooks)}, log_{log} {}

Arbiter::~Arbiter() {
  if (is_child_ || !template_) return;
  const pid_t pid = template_->pid();
  template_.reset();  // closes its link: it ends
  for (int waits = 0; waits < 200; ++waits) {
    if (::waitpid(pid, nullptr, WNOHANG) != 0) return;
    ::usleep(10'000);
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

void Arbiter::tick_every(Clock::duration interval, std::function<void()> on_tick) {
  ticks_.push_back({interval, Clock::now() + interval, std::move(on_tick)});
}

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
  if (wanted_.preloads) template_ = start_template();
  if (!is_child_) take(Started{});
  while (!status_) {
    wait();
    // Signals before exits: TERM to all of us at once is a shutdown, not a crash of the workers.
    read_signals();
    if (!status_) call_watchers();
    if (!status_) read_template();
    if (!status_) read_words();
    if (!status_) reap();
    if (!status_) tick();
    if (!status_) take(TimePassed{});
    if (!status_) tell_count();
  }
  return *status_;
}

void Arbiter::take(const Input& input) { apply(plan_.step(input, Clock::now())); }

void Arbiter::apply(const Actions& actions) {
  for (const Action& action : actions) {
    if (is_child_) return;  // what follows is the arbiter's business
    std::visit(common::Overloaded{
                   [&](const Fork& fork) { fork_worker(fork); },
                   [&](Signal signal) { ::kill(signal.pid, signal.number); },
                   [&](Retire worker) { retire(worker.pid); },
                   [&](SayReady) { hooks_.ready(); },
                   [&](ReloadEnded) { hooks_.reloaded(); },
                   [&](const Say& say) { log_.line(level_of(say.level), say.text); },
                   [&](CountChanged count) { hooks_.count_changes(count.now, count.before); },
                   [&](Finish finish) {
                     if (!status_) status_ = finish.status;
                   },
               },
               action);
  }
}

Arbiter::Child* Arbiter::child_of(pid_t pid) {
  const auto found = std::ranges::find(children_, pid, &Child::pid);
  return found == children_.end() ? nullptr : &*found;
}

void Arbiter::retire(pid_t pid) {
  if (const Child* const child = child_of(pid); child != nullptr && child->cell != nullptr)
    child->cell->is_retiring = true;
  ::kill(pid, SIGTERM);
}

void Arbiter::fork_worker(const Fork& fork) {
  hooks_.before_fork();
  if (wanted_.preloads) {
    orders_.push_back({fork.slot, fork.reason});
    return send_orders();
  }
  auto pipe = common::make_pipe();
  if (!pipe) {
    log_.line(Level::error, "cannot start a worker: " + pipe.error().context);
    return take(ForkFailed{fork.slot});
  }
  (void)common::set_blocking(pipe->read_end.get(), common::Blocking::no);
  worker::Cell* const cell = cells_.take();
  const pid_t arbiter = ::getpid();
  PyOS_BeforeFork();
  const pid_t pid = ::fork();
  const int error = errno;
  if (pid != 0) {
    PyOS_AfterFork_Parent();
    if (pid < 0) {
      worker::Cells::give_back(cell);
      log_.line(Level::error, std::string{"cannot start a worker: "} + std::strerror(error));
      return take(ForkFailed{fork.slot});
    }
    return born({fork.slot, fork.reason, true, {pid, std::move(pipe->read_end), cell}}, pid);
  }
  PyOS_AfterFork_Child();
  is_child_ = true;
  signals_.reset();
  children_.clear();
  pipe->read_end.reset();
  status_ = ::getppid() == arbiter ? hooks_.run(pipe->write_end.get(), cell) : 0;
}

void Arbiter::born(Order order, pid_t pid) {
  order.child.pid = pid;
  children_.push_back(std::move(order.child));
  if (!order.reason.empty())
    log_.line(Level::info,
              "Spawned worker (pid:" + std::to_string(pid) + "), reason: " + order.reason);
  hooks_.child_born(pid);
  take(Forked{order.slot, pid});
  const auto early = std::ranges::find(early_deaths_, pid, &EarlyDeath::pid);
  if (is_child_ || early == early_deaths_.end()) return;
  const EarlyDeath death = *early;
  early_deaths_.erase(early);
  bury(death.pid, death.status, death.most_rss_kib);
}

void Arbiter::wait() {
  std::vector<pollfd> polled{{signals_.get(), POLLIN, 0}};
  for (const Child& child : children_)
    if (child.words) polled.push_back({child.words.get(), POLLIN, 0});
  for (const auto* const made : {&template_, &next_template_})
    if (*made) polled.push_back({(*made)->fd(), POLLIN, 0});
  const auto first_watched = polled.size();
  for (const Watched& watched : watched_) polled.push_back({watched.fd, POLLIN, 0});
  ready_fds_.clear();
  {
    const int timeout = milliseconds_to_wait();
    const python::Release others_run;
    if (::poll(polled.data(), polled.size(), timeout) <= 0) return;
  }
  for (auto index = first_watched; index < polled.size(); ++index)
    if (polled[index].revents != 0) ready_fds_.push_back(polled[index].fd);
}

void Arbiter::call_watchers() {
  for (const int fd : ready_fds_) {
    const auto found = std::ranges::find(watched_, fd, &Watched::fd);
    if (found == watched_.end()) continue;  // unwatched by one of those before it
    const auto on_event = found->on_event;  // which may change the list
    on_event();
    if (status_) return;
  }
}

int Arbiter::milliseconds_to_wait() const {
  auto next = plan_.deadline();
  const auto consider = [&](Clock::time_point at) {
    if (!next || at < *next) next = at;
  };
  if (template_at_) consider(*template_at_);
  for (const Tick& tick : ticks_) consider(tick.next);
  if (wanted_.most_silence > Clock::duration{}) consider(looks_next_);
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - Clock::now()).count();
  return static_cast<int>(std::clamp<long>(left, 0, 60'000));
}

void Arbiter::tick() {
  const auto now = Clock::now();
  for (Tick& tick : ticks_) {
    if (tick.next > now) continue;
    tick.next = now + tick.interval;
    tick.on_tick();
  }
  if (template_at_ && *template_at_ <= now && !template_) {
    template_at_.reset();
    template_ = start_template();
    if (is_child_) return;
  }
  if (wanted_.most_silence == Clock::duration{} || looks_next_ > now) return;
  // When all of us were stopped (a paused container), the workers get a moment to catch up first.
  const auto interval = look_interval(wanted_.most_silence);
  const bool was_asleep = now - looks_next_ > interval && looks_next_ != Clock::time_point{};
  looks_next_ = now + interval;
  if (!was_asleep) look_for_silence();
}

/// Reads no more than memory: a loop that stands still, whoever holds the GIL, does not write.
void Arbiter::look_for_silence() {
  const auto most = std::chrono::duration_cast<std::chrono::milliseconds>(wanted_.most_silence);
  const auto oldest = worker::Cell::now_ms() - most.count();
  std::vector<pid_t> silent;
  for (const Child& child : children_) {
    const auto beat = child.cell != nullptr ? child.cell->beat_ms.load() : 0;
    if (beat != 0 && beat < oldest) silent.push_back(child.pid);
  }
  for (const pid_t pid : silent) take(Silent{pid});
}

std::vector<Arbiter::Seen> Arbiter::workers() const {
  std::vector<Seen> all;
  for (const Child& child : children_) {
    const auto beat = child.cell != nullptr ? child.cell->beat_ms.load() : 0;
    const auto silence = double(worker::Cell::now_ms() - beat) / 1000;
    all.push_back({child.pid, plan_.serves(child.pid), beat == 0 ? -1 : silence});
  }
  return all;
}

void Arbiter::tell_count() {
  const std::pair count{plan_.serving(), plan_.wanted()};
  if (is_stopping_ || count == told_count_) return;
  told_count_ = count;
  hooks_.counted(count.first, count.second);
}

void Arbiter::read_signals() {
  std::array<signalfd_siginfo, 16> batch;
  for (;;) {
    const auto size = ::read(signals_.get(), batch.data(), sizeof batch);
    if (size <= 0) return;
    for (std::size_t index = 0; index < static_cast<std::size_t>(size) / sizeof batch[0]; ++index) {
      on_signal(static_cast<int>(batch[index].ssi_signo));
      if (is_child_) return;
    }
  }
}

void Arbiter::on_signal(int number) {
  using How = StopAsked::How;
  switch (number) {
    case SIGTERM: asked_by_ = number; return stop(How::graceful, "term");
    case SIGINT:
      asked_by_ = number;
      if (is_stopping_) return stop(How::quick, "int, forced");
      return stop(wanted_.interrupts_quickly ? How::quick : How::graceful, "int");
    case SIGQUIT: asked_by_ = number; return stop(How::quick, "quit");
    case SIGHUP: return reload();
    case SIGUSR1:
      hooks_.reopen_logs();
      for (const Child& child : children_) ::kill(child.pid, SIGUSR1);
      for (const auto* const made : {&template_, &next_template_})
        if (*made) ::kill((*made)->pid(), SIGUSR1);
      return;
    case SIGUSR2: return upgrade();
    case SIGTTIN: log_.line(Level::info, "Handling signal: ttin"); return take(MoreAsked{});
    case SIGTTOU: log_.line(Level::info, "Handling signal: ttou"); return take(FewerAsked{});
    case SIGWINCH:
      if (!has_successor() && !hooks_.is_daemon()) return;
      log_.line(Level::info, "Handling signal: winch, stopping the workers");
      return take(PauseAsked{});
    default: return;  // CHLD: reap() looks anyway
  }
}

void Arbiter::stop(StopAsked::How how, const char* signal) {
  const bool is_repeated = is_stopping_ && how == StopAsked::How::graceful;
  if (!is_repeated) log_.line(Level::info, std::string{"Handling signal: "} + signal);
  const bool is_first = !std::exchange(is_stopping_, true);
  next_template_.reset();
  template_at_.reset();
  take(StopAsked{how});
  fail_orders(Orders::unsent);
  if (is_first) hooks_.stopping();
}

void Arbiter::reload() {
  if (is_stopping_) return;
  log_.line(Level::info, "Handling signal: hup");
  wanted_ = hooks_.reload();
  plan_.adopt(wanted_.policy);
  if (!wanted_.preloads) {
    template_.reset();
    next_template_.reset();
    return take(ReloadAsked{wanted_.policy.workers});
  }
  next_template_ = start_template();  // and when it has loaded the code, the workers
}

void Arbiter::upgrade() {
  if (is_stopping_) return;
  if (has_successor())
    return log_.line(Level::warning, "Handling signal: usr2, ignored: the arbiter with pid " +
                                         std::to_string(successor_) + " runs already");
  log_.line(Level::info, "Handling signal: usr2");
  successor_ = hooks_.upgrade();
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
    if (is_child_) return;
    if (word == worker::ready_word) take(Ready{pid});
    if (const char* const reason = reason_of(word)) take(RetireAsked{pid, reason});
  }
}

void Arbiter::reap() {
  for (;;) {
    int status = 0;
    rusage usage{};
    const pid_t pid = ::wait4(-1, &status, WNOHANG, &usage);
    if (pid <= 0) return;
    if (child_of(pid) != nullptr) {
      bury(pid, status, usage.ru_maxrss);
    } else if (pid == successor_) {
      successor_ = -1;
      log_.line(Level::error, "The new arbiter (pid:" + std::to_string(pid) + ") ended: " +
                                  common::wait_status_text(status) + "; this one serves on");
    } else if ((template_ && pid == template_->pid()) ||
               (next_template_ && pid == next_template_->pid())) {
      template_ended(pid, status);
    } else if (std::ranges::any_of(orders_, &Order::is_sent)) {
      early_deaths_.push_back({pid, status, usage.ru_maxrss});
    }
    if (is_child_) return;
  }
}

void Arbiter::bury(pid_t pid, int status, long most_rss_kib) {
  Circumstances around{.most_rss_kib = most_rss_kib};
  const bool was_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  around.out_of_memory = was_killed && memory_kills_.any_new();
  if (Child* const child = child_of(pid)) {
    if (child->cell != nullptr) around.last_request = child->cell->last_request();
    worker::Cells::give_back(child->cell);
  }
  std::erase_if(children_, [&](const Child& child) { return child.pid == pid; });
  hooks_.child_ended(pid);
  take(Exited{pid, status, around});
}

}  // namespace asgi_worker::arbiter
