#include "supervisord/process/process.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "common/overloaded.hpp"
#include "common/signals.hpp"
#include "common/wait_status.hpp"
#include "supervisord/process/policy.hpp"
#include "supervisord/process/tree_proc.hpp"

namespace supervisord::process {
namespace {

using common::Level;

ProcFolder proc;
PidfdSignals pidfd_signals;

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
  if (inheritance.has_child && record_.pid != 0 && inheritance.pid != record_.pid)
    on_went_on({key_, inheritance.pid});
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
  run_.ran = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() -
                                                                   machine_.memory().started_at);
  exit_text_ = wait_status ? common::wait_status_text(*wait_status) : "exit status unknown";
  stdin_end_.reset();
  feed(Exited{exit_code_of(wait_status), why});
}

// What is started again by itself keeps it.
void Process::leave_socket() {
  if (ties_.socket != nullptr && !has_child() && !waits_for_restart())
    ties_.socket->leave(spec_.name);
}

void Process::on_went_on(const spawner::WentOn& went_on) {
  if (!has_child()) return;
  report(Level::info, fmt::format("'{}' goes on with pid {}, in the place of {}", spec_.name,
                                  went_on.pid, record_.pid));
  record_.pid = went_on.pid;
  remember();
  if (state() == State::stopping)  // what was sent to the one before it was not for it
    send_signal(Signal{spec_.stop_signal, spec_.stop_as_group});
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
  tell(change);
}

void Process::tell(const Announce& announce) {
  if (announce.to == State::backoff || failed_to_spawn_) run_.why = machine_.memory().spawn_error;
  const StateChange change{spec_.group,       spec_.name,   announce.from,
                           announce.to,       record_.pid,  announce.tries,
                           announce.expected, wait_status_, run_};
  if (auto end = run_end_of(change, std::chrono::system_clock::now()))
    run_ends_.add(*std::move(end));
  surroundings_.changed(change);
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
