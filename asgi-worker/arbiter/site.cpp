#include "asgi-worker/arbiter/site.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "asgi-worker/arbiter/cgroup.hpp"
#include "asgi-worker/arbiter/process_title.hpp"
#include "asgi-worker/options/merge.hpp"
#include "asgi-worker/options/values.hpp"
#include "asgi-worker/python/environment.hpp"
#include "asgi-worker/python/gil.hpp"
#include "asgi-worker/worker/logging.hpp"
#include "asgi-worker/worker/worker.hpp"

namespace asgi_worker::arbiter {
namespace {

using common::Result;
using options::Options;
using python::Level;

/// What the environment says, and says no more afterwards: it is meant for this process alone.
std::string take_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return {};
  std::string text = value;
  python::unset_variable(name);
  return text;
}

/// How many sockets the service manager has opened for this very process.
int take_inherited_count() {
  const auto pid = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  take_variable("LISTEN_FDNAMES");
  return pid.empty() || std::atol(pid.c_str()) == ::getpid() ? std::atoi(count.c_str()) : 0;
}

/// Half of what the service manager waits at most between two signs of life; zero: it does not.
Clock::duration take_watchdog_interval() {
  const auto pid = take_variable("WATCHDOG_PID");
  const auto limit = std::chrono::microseconds{std::atol(take_variable("WATCHDOG_USEC").c_str())};
  return pid.empty() || std::atol(pid.c_str()) == ::getpid() ? limit / 2 : Clock::duration{};
}

std::string running_line(int fd) {
  const auto address = common::bound_address(fd);
  if (!address.starts_with("unix:"))
    return "asgi-worker running on http://" + address + " (Press CTRL+C to quit)";
  return "asgi-worker running on unix socket " + address.substr(5) + " (Press CTRL+C to quit)";
}

std::string listening_line(int fd) {
  const auto address = common::bound_address(fd);
  return "Listening at: " + (address.starts_with("unix:") ? address : "http://" + address) + " (" +
         std::to_string(::getpid()) + ")";
}

/// Opens `path` for appending, in the place of the descriptor `fd`; "-" and "" leave it. `owner`:
/// the workers open it again, when it is time.
Result<void> open_log(const std::string& path, common::UniqueFd& fd, const Privileges& owner) {
  if (path.empty() || path == "-") return {};
  const common::UniqueFd opened{
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (!opened) return common::system_error("cannot open log '" + path + "'", errno);
  struct stat status {};
  if (owner.user && ::geteuid() == 0 && ::fstat(opened.get(), &status) == 0 &&
      S_ISREG(status.st_mode))
    static_cast<void>(!::fchown(opened.get(), *owner.user, owner.group.value_or(status.st_gid)));
  if (!fd) {
    auto copy = common::duplicate(opened.get());
    if (!copy) return copy.error();
    fd = std::move(*copy);
    return {};
  }
  if (::dup3(opened.get(), fd.get(), O_CLOEXEC) < 0)
    return common::system_error("cannot open log '" + path + "'", errno);
  return {};
}

template <class Duration>
Clock::duration clock(Duration duration) {
  return std::chrono::duration_cast<Clock::duration>(duration);
}

}  // namespace

Site::Site(Configured configured, Configure configure, std::string directory, worker::State& state)
    : options_{std::move(configured.options)},
      configure_{std::move(configure)},
      directory_{std::move(directory)},
      state_{state},
      log_{state.log},
      command_line_{own_command_line()},
      server_hooks_{std::move(configured.functions), options_} {
  state_.reopen_logs = [this] { reopen_logs(); };
}

Site::~Site() {
  state_.reopen_logs = nullptr;
  state_.access_copy = nullptr;
  log_.set_copy(nullptr);
}

Result<void> Site::open() {
  handover_ = take_handover();
  sockets_.adopt_from_predecessor(handover_.sockets, bind_options());
  sockets_.adopt_from_manager(take_inherited_count());
  notify_socket_ = take_variable("NOTIFY_SOCKET");
  notifier_ = common::Notifier{notify_socket_};
  watchdog_ = take_watchdog_interval();
  if (auto taken = take_rights(options_); !taken) return taken.error();
  std::optional<Daemon> daemon;
  if (options_.daemon && handover_.predecessor == 0) {
    auto begun = Daemon::begin();
    if (!begun) return begun.error();
    daemon = std::move(*begun);
  }
  if (auto opened = open_logs(); !opened) return opened.error();
  if (auto opened = open_sockets(); !opened) return opened.error();
  if (auto written = write_pid_file(); !written) {
    sockets_.close(handover_.predecessor != 0 ? Sockets::Files::keep : Sockets::Files::remove);
    return written.error();
  }
  if (daemon) daemon->finish(options_.keep_stdio ? Daemon::Stdio::keep : Daemon::Stdio::close);
  return {};
}

/// The workers' user and group, the sockets', and the umask; none of them when one cannot be had.
Result<void> Site::take_rights(const Options& options) {
  auto workers = Privileges::look_up({options.user, options.group, options.init_groups});
  if (!workers) return workers.error();
  auto sockets = *workers;
  if (!options.uds_owner.empty()) {
    auto owner = look_up_owner(options.uds_owner);
    if (!owner) return owner.error();
    sockets = std::move(*owner);
  }
  privileges_ = std::move(*workers);
  socket_owner_ = std::move(sockets);
  if (options.umask) {
    const mode_t before = ::umask(options.umask->bits);
    if (!first_umask_) first_umask_ = before;
  } else if (first_umask_) {
    ::umask(*first_umask_);
  }
  return {};
}

/// Under its name, or, beside a predecessor that bears it, under the second one.
Result<void> Site::write_pid_file() {
  const bool is_second = handover_.predecessor != 0 && !options_.pid_file.empty();
  return pid_file_.write(options_.pid_file + (is_second ? ".2" : ""));
}

common::BindOptions Site::bind_options() const {
  // With a socket for each worker this one only holds the port.
  common::BindOptions how;
  how.backlog = options_.backlog;
  how.ipv6_only = options_.ipv6_only;
  how.reuse_port = options_.reuse_port;
  how.listens = !options_.reuse_port;
  if (options_.uds_permissions)
    how.unix_mode = options_.uds_permissions->bits;
  else if (options_.umask || options_.profile == options::Profile::gunicorn)
    how.unix_mode = 0777 & ~options_.umask.value_or(options::Mode{}).bits;
  how.unix_user = socket_owner_.user;
  how.unix_group = socket_owner_.group;
  return how;
}

Result<void> Site::open_sockets() {
  if (sockets_.are_from_manager()) return {};
  return sockets_.listen_on(options::addresses(options_), bind_options());
}

Result<void> Site::open_logs() {
  if (auto opened = open_log(options_.access_logfile, access_file_, privileges_); !opened)
    return opened.error();
  if (auto opened = open_log(options_.error_logfile, error_file_, privileges_); !opened)
    return opened.error();
  options_.access_fd = access_file_ ? access_file_.get() : STDOUT_FILENO;
  options_.error_fd = error_file_ ? error_file_.get() : STDERR_FILENO;
  const bool as_gunicorn = options_.profile == options::Profile::gunicorn;
  using Form = python::LogStyle::Form;
  log_ =
      python::Log{options_.error_fd,
                  python::level_of(options_.log_level),
                  {.form = as_gunicorn ? Form::gunicorn : Form::uvicorn,
                   .has_colors = options_.use_colors.value_or(::isatty(options_.error_fd) == 1)}};
  // As gunicorn, where syslog has the lines, they are in a file only when that was named.
  if (as_gunicorn && options_.syslog && options_.access_logfile.empty()) options_.access_fd = -1;
  options_.access_colors = options_.use_colors.value_or(::isatty(options_.access_fd) == 1) &&
                           options_.access_log_format.empty();
  if (options_.capture_output && error_file_) {
    ::dup2(error_file_.get(), STDOUT_FILENO);
    ::dup2(error_file_.get(), STDERR_FILENO);
  }
  auto opened = open_syslog();
  auto configured = worker::configure_logging(options_, state_);
  return opened ? configured : opened;
}

Result<void> Site::open_syslog() {
  syslog_.reset();
  state_.access_copy = nullptr;
  if (!options_.syslog) return {};
  std::string prefix = options_.syslog_prefix;
  if (prefix.empty()) prefix = options_.process_name.empty() ? options_.app : options_.process_name;
  std::ranges::replace(prefix, ':', '.');
  auto opened = Syslog::open({options_.syslog_address, options_.syslog_facility, prefix});
  if (!opened) return opened.error();
  syslog_.emplace(std::move(*opened));
  log_.set_copy([this](Level level, std::string_view text) { syslog_->error_line(level, text); });
  if (!options_.syslog_without_access)
    state_.access_copy = [this](std::string_view lines) { syslog_->access_lines(lines); };
  return {};
}

void Site::reopen_logs() {
  if (auto opened = open_logs(); !opened) log_.line(Level::error, opened.error().context);
}

Wanted Site::wanted() const {
  using options::Seconds;
  // Draining, the application's shutdown after it, and some time to end.
  const auto least = options_.graceful_timeout + options_.lifespan_shutdown + Seconds{1};
  const auto usual = std::max(least, options_.graceful_timeout + Seconds{10});
  return {.policy = {.workers = options_.workers > 0 ? options_.workers : usable_cpus(),
                     .kill_after = clock(options_.kill_timeout.value_or(usual)),
                     .shutdown_delay = clock(options_.shutdown_delay),
                     .abort_after = clock(options_.abort_timeout),
                     .startup_limit = clock(options_.startup_timeout),
                     .drops_old_code = options_.reload},
          .most_silence = clock(options_.timeout),
          .preloads = options_.preload,
          .interrupts_quickly = options_.profile == options::Profile::gunicorn};
}

Hooks Site::hooks() {
  return {
      .run = [this](int fd, worker::Cell* cell) { return run_worker(fd, cell); },
      .load = [this] { return load(); },
      .reload = [this] { return reload(); },
      .reopen_logs = [this] { reopen_logs(); },
      .ready = [this] { ready(); },
      .reloaded = [this] { notify("READY=1\nSTATUS=" + status_); },
      .stopping = [this] { stopping(); },
      .counted = [this](int serving, int all) { counted(serving, all); },
      .upgrade = [this] { return upgrade(); },
      .is_daemon = [this] { return options_.daemon; },
      .count_changes = [this](int now, int before) { server_hooks_.count_changes(now, before); },
      .before_fork = [this] { server_hooks_.call("pre_fork"); },
      .child_born =
          [this](pid_t pid) {
            ++spawned_;
            server_hooks_.call("child_born", pid);
          },
      .child_ended =
          [this](pid_t pid) {
            ++ended_;
            server_hooks_.call("child_exit", pid);
          }};
}

int Site::run() {
  arbiter_.emplace(wanted(), hooks(), log_);
  if (watchdog_ > Clock::duration{})
    arbiter_->tick_every(watchdog_, [this] { notify("WATCHDOG=1"); });
  if (handover_.predecessor != 0) {
    predecessor_ = watch_process(handover_.predecessor);
    if (predecessor_) arbiter_->watch(predecessor_.get(), [this] { predecessor_ended(); });
  }
  for (const auto begin :
       {&Site::watch_code, &Site::serve_metrics, &Site::send_statsd, &Site::serve_control}) {
    const auto begun = (this->*begin)();
    if (begun) continue;
    log_.line(Level::error, begun.error().context);
    end();
    return 1;
  }
  if (!worker::import_modules(options_, log_)) {
    end();
    return 1;
  }
  const auto pid = std::to_string(::getpid());
  if (options_.profile == options::Profile::gunicorn)
    log_.line(Level::info, std::string{"Starting asgi-worker "} + SUPERVISOR_VERSION);
  log_.line(Level::info, "Started parent process [" + pid + "]");
  set_title("master");
  server_hooks_.count_changes(wanted().policy.workers, 0);
  if (!server_hooks_.call("on_starting")) return 1;
  const int status = arbiter_->run();
  if (!arbiter_->is_child()) end();
  return status;
}

/// The rights, the environment and the fate of a worker. False: it must not run.
bool Site::become_worker() {
  if (auto taken = privileges_.take(); !taken) {
    log_.line(Level::error, "cannot run as another user: " + taken.error().context);
    return false;
  }
  metrics_.reset();  // the arbiter answers, or nobody
  control_.reset();
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // an arbiter that was killed takes nobody's place
  for (const auto& pair : options_.raw_env)
    if (const auto equals = pair.find('='); equals != std::string::npos)
      python::set_variable(pair.substr(0, equals), pair.substr(equals + 1));
  return true;
}

void Site::set_title(const char* role) const {
  if (!options_.process_name.empty())
    set_process_title("asgi-worker: " + std::string{role} + " [" + options_.process_name + "]");
}

int Site::load() {
  if (!become_worker()) return worker::cannot_start;
  set_title("template");
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  auto [application, status] = worker::preload(options_, log_);
  application_ = std::move(application);
  return application_ ? 0 : status;
}

int Site::run_worker(int arbiter, worker::Cell* cell) {
  const auto listeners = sockets_.listen_beside(bind_options());
  if (!listeners) {
    log_.line(Level::error, listeners.error().context);
    return worker::cannot_start;
  }
  if (!become_worker()) return worker::cannot_start;
  set_title("worker");
  state_.cell = cell;
  state_.cells = &arbiter_->cells();
  if (counters_ && cell != nullptr)
    state_.counters = counters_->at(arbiter_->cells().index_of(cell));
  server_hooks_.call("post_fork");
  const int status = worker::run_worker(options_,
                                        {.listeners = *listeners,
                                         .arbiter = arbiter,
                                         .application = application_,
                                         .hooks = server_hooks_.object()},
                                        log_);
  server_hooks_.call("worker_exit");
  return status;
}

void Site::ready() {
  const bool as_gunicorn = options_.profile == options::Profile::gunicorn;
  for (const int fd : sockets_.fds())
    log_.line(Level::info, as_gunicorn ? listening_line(fd) : running_line(fd));
  if (as_gunicorn) log_.line(Level::info, "Using worker: asgi");
  is_ready_ = true;
  server_hooks_.call("when_ready");
  const int workers = wanted().policy.workers;
  status_ = "serving, " + std::to_string(workers) + (workers == 1 ? " worker" : " workers");
  notify("READY=1\nSTATUS=" + status_);
}

void Site::counted(int serving, int all) {
  workers_count_ = {serving, all};
  auto text = "serving, " + std::to_string(all) + (all == 1 ? " worker" : " workers");
  if (serving != all)
    text = std::to_string(serving) + " of " + std::to_string(all) + " workers serve";
  if (!is_ready_ || text == status_) return;
  status_ = text;
  notify("STATUS=" + status_);
}

void Site::stopping() {
  is_stopping_ = true;
  if (arbiter_->has_successor()) return notify("MAINPID=" + std::to_string(arbiter_->successor()));
  notify("STOPPING=1\nSTATUS=stopping");
  // A client that comes now is refused at once instead of waiting for the end.
  if (options_.shutdown_delay == options::Seconds{0}) sockets_.close(Sockets::Files::remove);
}

pid_t Site::upgrade() {
  if (predecessor_) {
    log_.line(Level::warning, "USR2 is ignored: the arbiter with pid " +
                                  std::to_string(handover_.predecessor) + " runs still");
    return -1;
  }
  server_hooks_.call("pre_exec");
  std::vector<std::string> variables{
      std::string{sockets_variable} + "=" + sockets_.words_for_successor(),
      std::string{predecessor_variable} + "=" + std::to_string(::getpid())};
  if (!notify_socket_.empty()) variables.push_back("NOTIFY_SOCKET=" + notify_socket_);
  const auto fds = sockets_.fds();
  const pid_t pid = start_successor(command_line_, directory_, variables, fds);
  if (pid < 0)
    log_.line(Level::error, std::string{"cannot start a new arbiter: "} + std::strerror(errno));
  else
    log_.line(Level::info, "Started a new arbiter (pid:" + std::to_string(pid) +
                               "); QUIT or TERM to this one ends the change");
  return pid;
}

/// From now on we are the one.
void Site::predecessor_ended() {
  arbiter_->unwatch(predecessor_.get());
  predecessor_.reset();
  handover_.predecessor = 0;
  log_.line(Level::info, "The arbiter before this one has ended");
  if (auto moved = pid_file_.move_to(options_.pid_file); !moved)
    log_.line(Level::error, moved.error().context);
  notify("MAINPID=" + std::to_string(::getpid()) + (is_ready_ ? "\nREADY=1" : ""));
}

void Site::end() {
  server_hooks_.call("on_exit");
  const bool is_shared = arbiter_->has_successor() || handover_.predecessor != 0;
  sockets_.close(is_shared ? Sockets::Files::keep : Sockets::Files::remove);
  if (!arbiter_->has_successor()) pid_file_.remove();  // a successor puts its own in its place
  if (control_ && !arbiter_->has_successor()) control_->remove_file();
  if (options_.profile == options::Profile::gunicorn)
    log_.line(Level::info, "Shutting down: Master");
  log_.line(Level::info, "Stopping parent process [" + std::to_string(::getpid()) + "]");
}

/// uvicorn ends by the TERM that it was sent, once all has ended well; who asks for uvicorn by name
/// gets that.
int Site::signal_to_die_by() const {
  const bool is_alone = wanted().policy.workers == 1 && !options_.reload;
  const bool is_uvicorn = options_.compat == "uvicorn";
  return is_uvicorn && is_alone && arbiter_->was_asked_by_term() ? SIGTERM : 0;
}

void Site::notify(const std::string& lines) {
  if (auto sent = notifier_.send(lines); !sent)
    log_.line(Level::warning, "cannot notify: " + sent.error().context);
}

}  // namespace asgi_worker::arbiter
