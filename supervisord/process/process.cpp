#include "supervisord/process/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "common/overloaded.hpp"
#include "common/signals.hpp"
#include "common/wait_status.hpp"
#include "common/words.hpp"
#include "supervisord/log/auto_names.hpp"
#include "supervisord/process/spawn_failure.hpp"
#include "supervisord/process/tree_proc.hpp"

namespace supervisord::process {
namespace {

using common::Level;

/// exit_on=exit:NAME: that one's exit is the end of all, so it is not started again.
bool ends_all(const config::ExitOn& on, const config::ProcessSpec& spec) {
  return on.kind == config::ExitOn::Kind::exit &&
         (on.process == spec.name || on.process == spec.group + ":" + spec.name);
}

Policy policy_of(const config::ProcessSpec& spec, const config::ExitOn& exit_on) {
  Policy policy;
  policy.start_secs = std::max(spec.start_secs, std::chrono::seconds{0});
  policy.start_retries = spec.start_retries;
  switch (spec.autorestart) {
    case config::AutoRestart::never: policy.restart = Restart::never; break;
    case config::AutoRestart::unexpected: policy.restart = Restart::unexpected; break;
    case config::AutoRestart::always: policy.restart = Restart::always; break;
  }
  if (ends_all(exit_on, spec)) policy.restart = Restart::never;
  policy.exit_codes = spec.exit_codes;
  policy.stop_signal = spec.stop_signal;
  policy.stop_wait = std::max(spec.stop_wait, std::chrono::seconds{0});
  policy.stop_as_group = spec.stop_as_group;
  policy.kill_as_group = spec.kill_as_group;
  if (spec.ready_notification == config::ReadyNotification::notify_socket)
    policy.ready_timeout = spec.ready_timeout;
  return policy;
}

ProcFolder proc;
PidfdSignals pidfd_signals;

// What no other run, of this or another supervisord, has in its environment.
std::string new_mark(const std::string& key, std::uint32_t run) {
  return fmt::format("SUPERVISOR_RUN={}:{}:{}", key, run, log::random_log_suffix());
}

std::optional<int> exit_code_of(std::optional<int> wait_status) {
  if (!wait_status || !WIFEXITED(*wait_status)) return std::nullopt;
  return WEXITSTATUS(*wait_status);
}

}  // namespace

Process::Process(const config::ProcessSpec& spec, Surroundings& surroundings, GroupTies ties)
    : spec_{spec},
      key_{spec_.group + ":" + spec_.name},
      surroundings_{surroundings},
      ties_{ties},
      machine_{policy_of(spec_, surroundings.exit_on)},
      tree_{surroundings.io, proc, pidfd_signals},
      timer_{surroundings.io},
      notify_socket_{surroundings.io},
      self_{std::make_shared<Process*>(this)} {
  make_auto_names();
}

Process::~Process() { *self_ = nullptr; }

Status Process::status() const {
  Status out;
  out.group = spec_.group;
  out.name = spec_.name;
  out.state = state();
  out.pid = record_.pid;
  out.started_at = record_.started_at;
  out.stopped_at = record_.stopped_at;
  if (record_.pid != 0) {
    out.uptime = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() -
                                                                  machine_.memory().started_at);
  }
  out.exit_status = machine_.memory().exit_code;
  out.spawn_error = machine_.memory().spawn_error;
  out.status_text = record_.status_text;
  out.restarts = record_.runs > 0 ? record_.runs - 1 : 0;
  if (const auto log = log_file(false)) out.stdout_logfile = log->path;
  if (const auto log = log_file(true)) out.stderr_logfile = log->path;
  return out;
}

log::Target Process::target(bool is_stderr) const {
  const config::LogSpec& spec = is_stderr ? spec_.stderr_log : spec_.stdout_log;
  log::Target out;
  out.rotate_at_bytes = spec.rotate_at_bytes;
  out.backups = spec.backups;
  switch (spec.kind) {
    case config::LogSpec::Kind::none: out.kind = log::Target::Kind::discard; break;
    case config::LogSpec::Kind::file:
      out.kind = log::Target::Kind::file;
      out.path = spec.path;
      break;
    case config::LogSpec::Kind::auto_named:
      out.kind = log::Target::Kind::file;
      out.path = is_stderr ? record_.stderr_auto_path : record_.stdout_auto_path;
      out.owner_only = true;
      break;
  }
  return out;
}

log::Taps Process::taps(bool is_stderr) const {
  const config::LogSpec& spec = is_stderr ? spec_.stderr_log : spec_.stdout_log;
  const bool wanted = surroundings_.wants_output && surroundings_.wants_output(spec_, is_stderr);
  return {.strip_ansi = spec_.strip_ansi,
          .syslog_name = spec.syslog ? spec_.name : "",
          .output = spec.events_enabled || wanted,
          .capture_max_bytes = spec.capture_max_bytes,
          .at_once = ties_.is_listener && !is_stderr};
}

std::optional<log::LogFile> Process::log_file(bool is_stderr) const {
  if (is_stderr && spec_.redirect_stderr) return std::nullopt;
  const log::Target to = target(is_stderr);
  if (to.kind == log::Target::Kind::discard) return std::nullopt;
  return log::LogFile{to.path, to.backups};
}

std::string Process::stream(bool is_stderr) const {
  return key_ + (is_stderr ? "/stderr" : "/stdout");
}

void Process::make_auto_names() {
  const auto make = [&](bool is_stderr, std::string& path) {
    const config::LogSpec& spec = is_stderr ? spec_.stderr_log : spec_.stdout_log;
    if (spec.kind != config::LogSpec::Kind::auto_named || (is_stderr && spec_.redirect_stderr))
      return;
    path =
        log::auto_log_path(surroundings_.childlogdir, spec_.name, is_stderr ? "stderr" : "stdout",
                           surroundings_.identifier, log::random_log_suffix());
  };
  make(false, record_.stdout_auto_path);
  make(true, record_.stderr_auto_path);
}

void Process::remember() {
  record_.memory = machine_.memory();
  surroundings_.holder.put("process:" + key_, encode(record_), {});
}

void Process::take_over(Inheritance inheritance) {
  if (inheritance.record) {
    record_ = *std::move(inheritance.record);
    machine_ = Machine{policy_of(spec_, surroundings_.exit_on), record_.memory};
    machine_.rebase(Clock::now());
  } else if (inheritance.has_child) {  // adopted, and nothing is known of it
    Memory memory;
    memory.state = State::running;
    memory.has_child = true;
    memory.started_at = Clock::now();
    machine_ = Machine{policy_of(spec_, surroundings_.exit_on), memory};
    record_.pid = inheritance.pid;
    record_.runs = 1;
    record_.started_at = std::chrono::system_clock::now();
  }
  stdin_end_ = std::move(inheritance.stdin_end);
  for (auto& [target, fd] : inheritance.recovered_outputs) {
    surroundings_.logs.attach_recovered(stream(target == 2), std::move(fd));
  }
  if (inheritance.notify_socket) {
    notify_socket_.assign(inheritance.notify_socket.release());
    notify_address_ = std::move(inheritance.notify_address);
    watch_notifications();
  }
  if (machine_.memory().due) set_timer(*machine_.memory().due);
  const bool has_run = has_child() && (inheritance.has_child || record_.pid != 0);
  if (has_run && ties_.socket != nullptr)
    ties_.socket->join(spec_.name, inheritance.exit ? 0 : inheritance.pid);

  const bool is_of_an_earlier_run =
      inheritance.has_child && record_.pid == 0 && inheritance.pid == record_.previous_pid;
  if (!has_child() || is_of_an_earlier_run) {
    if (inheritance.has_child && inheritance.exit) surroundings_.launcher.forget(key_);
    inheritance.has_child = false;
  }
  if (!has_child()) return;
  if (!inheritance.has_child) {
    switch (state()) {
      case State::starting:
        if (record_.pid == 0) {  // the order had not reached the keeper
          spawn();
          return;
        }
        break;
      case State::stopping:
        if (record_.pid == 0) {
          feed(SpawnFailed{machine_.memory().spawn_error});
          return;
        }
        break;
      case State::stopped:
      case State::running:
      case State::backoff:
      case State::exited:
      case State::fatal:
      case State::unknown: break;
    }
    on_exited({key_, record_.pid, 0, false});
    return;
  }
  if (record_.pid == 0) {
    on_spawned({key_, inheritance.pid});
  }
  if (inheritance.exit) on_exited(*inheritance.exit);
}

common::Result<void> Process::check_command() const {
  const auto plan = surroundings_.plan(spec_, {});
  if (!plan) return plan.error();
  return {};
}

void Process::start() {
  if (state() == State::stopping) {
    report(Level::warn, fmt::format("process '{}' already running", spec_.name));
    return;
  }
  feed(StartAsked{});
}

void Process::stop() { feed(StopAsked{}); }

void Process::shut_down() {
  is_shutting_down_ = true;
  feed(ShutdownAsked{});
}

void Process::end_starts() { feed(StartsEnd{}); }

void Process::signal(int number) {
  report(Level::debug, fmt::format("sending {} (pid {}) sig {}", spec_.name, record_.pid,
                                   common::signal_name(number)));
  surroundings_.launcher.signal(key_, number, spawner::SignalTarget::process);
}

common::Result<void> Process::send_stdin(std::string_view bytes) {
  if (!has_child() || !stdin_end_) return common::Error{common::Errc::closed, "no open stdin"};
  const ssize_t written = ::write(stdin_end_.get(), bytes.data(), bytes.size());
  if (written < 0) return common::system_error("write to stdin", errno);
  if (static_cast<std::size_t>(written) < bytes.size()) {
    return common::Error{
        std::make_error_code(std::errc::resource_unavailable_try_again),
        fmt::format("only {} of {} bytes fit into its stdin", written, bytes.size())};
  }
  return {};
}

void Process::retire() {
  tree_.end();
  timer_.cancel();
  ++timer_generation_;
  surroundings_.logs.forget(stream(false));
  surroundings_.logs.forget(stream(true));
  for (const char* const prefix : {"process:", "stdin:", "notify:"})
    surroundings_.holder.drop(prefix + key_);
  if (notify_socket_.is_open()) {
    notify_socket_.close();
    if (!notify_address_.starts_with('@')) ::unlink(notify_address_.c_str());
  }
}

void Process::on_spawned(const spawner::Spawned& spawned) {
  stderr_end_.reset();
  record_.pid = spawned.pid;
  report(Level::info, fmt::format("spawned: '{}' with pid {}", spec_.name, spawned.pid));
  feed(Spawned{});
}

void Process::on_spawn_failed(const spawner::SpawnFailed& failed) {
  const auto words = common::parse_words(spec_.command);
  const std::string what =
      failure_text(failed, {spec_.name, words && !words->empty() ? words->front() : spec_.command,
                            spec_.user ? spec_.user->uid : 0, ::geteuid() == 0});
  if (is_after_fork(failed)) {  // to Supervisor's users, a program that ended with 127
    write_to_stderr_log("supervisor: " + what + "\nsupervisor: child process was not spawned\n");
    stderr_end_.reset();
    end_run(not_spawned_status, what);
    return;
  }
  stderr_end_.reset();
  report(Level::info, "spawnerr: " + what);
  failed_to_spawn_ = true;
  feed(SpawnFailed{what});
  leave_socket();
}

// The text goes the way of the program's own output, into its stderr log.
void Process::write_to_stderr_log(const std::string& text) {
  if (!stderr_end_) return;
  if (::write(stderr_end_.get(), text.data(), text.size()) < 0) {
    report(Level::warn, fmt::format("cannot write to the log of '{}' ({})", spec_.name,
                                    common::errno_name(errno)));
  }
}

void Process::on_exited(const spawner::Exited& exited) {
  if (waits_for_tree(exited)) return;
  record_.previous_pid = exited.pid;
  surroundings_.launcher.forget(key_);  // leaves in one packet with the record that feed() puts
  end_run(exited.status_known ? std::optional{exited.wait_status} : std::nullopt, "");
  if (!has_child() && record_.pid != 0) {  // the machine had no use for it
    record_.pid = 0;
    remember();
  }
}

// `wait_status` as waitpid gives it; none: not known.
void Process::end_run(std::optional<int> wait_status, const std::string& why) {
  surroundings_.logs.drain(stream(false));
  if (!spec_.redirect_stderr) surroundings_.logs.drain(stream(true));
  record_.stopped_at = std::chrono::system_clock::now();
  record_.status_text.clear();
  wait_status_ = wait_status;
  exit_text_ = wait_status ? common::wait_status_text(*wait_status) : "exit status unknown";
  stdin_end_.reset();
  feed(Exited{exit_code_of(wait_status), why});
}

// What is started again by itself keeps it.
void Process::leave_socket() {
  if (ties_.socket != nullptr && !has_child() && !waits_for_restart())
    ties_.socket->leave(spec_.name);
}

void Process::on_signal_failed(const spawner::SignalFailed& failed) {
  report(Level::critical, fmt::format("unknown problem {} {} ({}): {} on {}",
                                      state() == State::stopping ? "killing" : "sending sig",
                                      spec_.name, record_.pid, common::errno_name(failed.error),
                                      common::signal_name(failed.number)));
  feed(SignalRefused{});
}

void Process::feed(const Input& input) {
  const pid_t pid_before = record_.pid;
  const auto actions = machine_.step(input, Clock::now());
  const bool ended =
      std::holds_alternative<Exited>(input) || std::holds_alternative<SpawnFailed>(input);
  for (const auto& action : actions) {
    if (const auto* change = std::get_if<Announce>(&action)) {
      record_.pid = change->to == State::starting ? 0 : pid_before;
      announce(*change);
    }
  }
  if (ended) record_.pid = 0;
  remember();
  for (const auto& action : actions) apply(action);
  leave_socket();
}

void Process::apply(const Action& action) {
  std::visit(common::Overloaded{
                 [&](Spawn) { spawn(); }, [&](const Signal& order) { send_signal(order); },
                 [&](SetTimer timer) { set_timer(timer.at); },
                 [&](ClearTimer) {
                   ++timer_generation_;
                   timer_.cancel();
                 },
                 [&](const Announce&) {},  // told before the record was put
             },
             action);
}

void Process::announce(const Announce& change) {
  switch (change.to) {
    case State::running:
      report(Level::info,
             fmt::format(
                 "success: {} entered RUNNING state, process has stayed up for > than {} seconds "
                 "(startsecs)",
                 spec_.name, spec_.start_secs.count()));
      break;
    case State::exited:
      report(change.expected ? Level::info : Level::warn,
             fmt::format("exited: {} ({}; {})", spec_.name, exit_text_,
                         change.expected ? "expected" : "not expected"));
      break;
    case State::stopped:
      if (change.from == State::stopping && !exit_text_.empty()) {
        report(change.expected ? Level::info : Level::warn,
               fmt::format("stopped: {} ({})", spec_.name, exit_text_));
      }
      break;
    case State::backoff:
      if (!failed_to_spawn_) {
        report(Level::warn, fmt::format("exited: {} ({}; not expected)", spec_.name, exit_text_));
      }
      break;
    case State::fatal:
      if (!is_shutting_down_) {
        report(Level::info, fmt::format("gave up: {} entered FATAL state, too many start retries "
                                        "too quickly",
                                        spec_.name));
      }
      break;
    case State::starting:
    case State::stopping:
    case State::unknown: break;
  }
  surroundings_.changed({spec_.group, spec_.name, change.from, change.to, record_.pid, change.tries,
                         change.expected, wait_status_});
}

void Process::spawn() {
  failed_to_spawn_ = false;
  wait_status_.reset();
  record_.started_at = std::chrono::system_clock::now();
  if (const auto spawned = try_spawn(); !spawned) {
    failed_to_spawn_ = true;
    report(Level::info, "spawnerr: " + spawned.error().context);
    feed(SpawnFailed{spawned.error().context});
    leave_socket();
  }
}

// Without a log, and with nobody who looks at it.
bool Process::goes_nowhere(bool is_stderr) const {
  const config::LogSpec& log = is_stderr ? spec_.stderr_log : spec_.stdout_log;
  const bool is_dialogue = ties_.is_listener && !is_stderr;
  return log.kind == config::LogSpec::Kind::none && log.capture_max_bytes == 0 &&
         !log.events_enabled && !log.syslog && !is_dialogue && !surroundings_.output_is_logged;
}

common::Result<spawner::ProgramPipes> Process::make_pipes() {
  spawner::Unpiped unpiped{.output = goes_nowhere(false), .error = goes_nowhere(true)};
  if (ties_.socket != nullptr) {
    const auto socket = ties_.socket->take(spec_.name);
    if (!socket) {
      return common::Error{socket.error().code, fmt::format("cannot open the socket of '{}': {}",
                                                            spec_.group, socket.error().context)};
    }
    unpiped.input = *socket;
  }
  auto pipes = spawner::make_program_pipes(
      spec_.redirect_stderr ? spawner::StderrTo::stdout_pipe : spawner::StderrTo::own_pipe,
      unpiped);
  if (!pipes)
    return common::Error{pipes.error().code, dispatchers_text(pipes.error().code, spec_.name)};
  return pipes;
}

common::Result<void> Process::try_spawn() {
  record_.mark = new_mark(key_, record_.runs + 1);
  std::vector<std::string> more{record_.mark};
  if (spec_.ready_notification == config::ReadyNotification::notify_socket) {
    if (const auto made = make_notify_socket(); !made) return made.error();
    more.push_back("NOTIFY_SOCKET=" + notify_address_);
  }
  auto plan = surroundings_.plan(spec_, more);
  if (!plan) return plan.error();

  auto pipes = make_pipes();
  if (!pipes) return pipes.error();
  plan->targets = pipes->targets;
  if (pipes->stderr_end) {
    surroundings_.logs.attach(stream(true), std::move(pipes->stderr_end), target(true), taps(true));
  }
  if (pipes->stdout_end) {
    surroundings_.logs.attach(stream(false), std::move(pipes->stdout_end), target(false),
                              taps(false));
  }
  stdin_end_ = std::move(pipes->stdin_end);
  if (stdin_end_) {
    const int held[] = {stdin_end_.get()};
    surroundings_.holder.put("stdin:" + key_, "", held);
  }
  ++record_.runs;
  record_.status_text.clear();
  remember();
  surroundings_.launcher.spawn(*plan, pipes->child_numbers());
  stderr_end_ = std::move(pipes->child_ends.back());
  return {};
}

void Process::send_signal(const Signal& order) {
  const bool kills = order.number == SIGKILL;
  const auto target =
      order.whole_group ? spawner::SignalTarget::process_group : spawner::SignalTarget::process;
  if (kills)
    report(Level::warn, fmt::format("killing '{}' ({}) with SIGKILL", spec_.name, record_.pid));
  report(Level::debug,
         fmt::format("killing {} (pid {}) {}with signal {}", spec_.name, record_.pid,
                     order.whole_group ? "process group " : "", common::signal_name(order.number)));
  if (spec_.stop_whole_tree && kills) {
    kill_tree();
  } else if (spec_.stop_whole_tree) {
    tree_.begin(tree_run(), order.number,
                order.whole_group ? TreeStop::Told::whole_group : TreeStop::Told::child_only);
  }
  surroundings_.launcher.signal(key_, order.number, target);
}

TreeRun Process::tree_run() const {
  const bool lives = record_.pid != 0 && !child_ended_;
  return {record_.pid, lives, ::getppid(), record_.mark};
}

// The cgroup is the whole answer where there is one; what is found by looking is the rest.
void Process::kill_tree() {
  surroundings_.launcher.kill_cgroup(key_);
  if (record_.pid == 0) return;
  const std::size_t killed = tree_.kill(tree_run());
  if (killed == 0) return;
  report(Level::warn, fmt::format("killing {} more processes of '{}' ({}) with SIGKILL", killed,
                                  spec_.name, record_.pid));
}

// Whether the exit must wait, since the stop is not over before the tree has ended. Until then the
// keeper lists it, so that a successor of this daemon goes on here.
bool Process::waits_for_tree(const spawner::Exited& exited) {
  const bool was_stopped = state() == State::stopping || machine_.memory().giving_up_start;
  if (!spec_.stop_whole_tree || !was_stopped || record_.pid == 0) return false;
  if (child_ended_) {  // now the tree has, too
    child_ended_ = false;
    surroundings_.launcher.kill_cgroup(key_);
    return false;
  }
  child_ended_ = true;
  const bool somebody_is_left =
      tree_.wait(tree_run(), spec_.stop_signal, [this, exited] { on_exited(exited); });
  if (somebody_is_left) return true;
  child_ended_ = false;
  surroundings_.launcher.kill_cgroup(key_);
  return false;
}

void Process::set_timer(Clock::time_point at) {
  const auto generation = ++timer_generation_;
  timer_.expires_at(at);
  timer_.async_wait([self = self_, generation](const boost::system::error_code& error) {
    if (error || *self == nullptr || (*self)->timer_generation_ != generation) return;
    (*self)->feed(TimerFired{});
  });
}

}  // namespace supervisord::process
