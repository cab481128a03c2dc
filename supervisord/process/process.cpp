#include "supervisord/process/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "common/overloaded.hpp"
#include "common/signals.hpp"
#include "common/wait_status.hpp"
#include "supervisord/log/auto_names.hpp"
#include "supervisord/process/notification.hpp"
#include "supervisord/spawner/program_pipes.hpp"

namespace supervisord::process {
namespace {

using common::Level;

Policy policy_of(const config::ProcessSpec& spec) {
  Policy policy;
  policy.start_secs = std::max(spec.start_secs, std::chrono::seconds{0});
  policy.start_retries = spec.start_retries;
  switch (spec.autorestart) {
    case config::AutoRestart::never: policy.restart = Restart::never; break;
    case config::AutoRestart::unexpected: policy.restart = Restart::unexpected; break;
    case config::AutoRestart::always: policy.restart = Restart::always; break;
  }
  policy.exit_codes = spec.exit_codes;
  policy.stop_signal = spec.stop_signal;
  policy.stop_wait = std::max(spec.stop_wait, std::chrono::seconds{0});
  policy.stop_as_group = spec.stop_as_group;
  policy.kill_as_group = spec.kill_as_group;
  if (spec.ready_notification == config::ReadyNotification::notify_socket)
    policy.ready_timeout = spec.ready_timeout;
  return policy;
}

/// "couldn't chdir to /x: ENOENT", in Supervisor's words where it has them.
std::string failure_text(const spawner::SpawnFailed& failed) {
  const std::string error = common::errno_name(failed.error);
  const bool has_to = failed.step == "chdir" || failed.step == "setuid";
  return fmt::format("couldn't {}{}{}{}: {}", failed.step, has_to ? " to" : "",
                     failed.argument.empty() ? "" : " ", failed.argument, error);
}

std::optional<int> exit_code_of(const spawner::Exited& exited) {
  if (!exited.status_known || !WIFEXITED(exited.wait_status)) return std::nullopt;
  return WEXITSTATUS(exited.wait_status);
}

}  // namespace

Process::Process(config::ProcessSpec spec, Surroundings& surroundings)
    : spec_{std::move(spec)},
      key_{spec_.group + ":" + spec_.name},
      surroundings_{surroundings},
      machine_{policy_of(spec_)},
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
          .capture_max_bytes = spec.capture_max_bytes};
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
    machine_ = Machine{policy_of(spec_), record_.memory};
  } else if (inheritance.has_child) {  // adopted, and nothing is known of it
    Memory memory;
    memory.state = State::running;
    memory.has_child = true;
    memory.started_at = Clock::now();
    machine_ = Machine{policy_of(spec_), memory};
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

void Process::start() { feed(StartAsked{}); }
void Process::stop() { feed(StopAsked{}); }
void Process::shut_down() { feed(ShutdownAsked{}); }

void Process::signal(int number) {
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
  const std::string what = failure_text(failed);
  write_to_stderr_log("supervisor: " + what + "\nsupervisor: child process was not spawned\n");
  stderr_end_.reset();
  failed_to_spawn_ = true;
  report(Level::info, "spawnerr: " + what);
  feed(SpawnFailed{what});
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
  surroundings_.logs.drain(stream(false));
  if (!spec_.redirect_stderr) surroundings_.logs.drain(stream(true));
  record_.stopped_at = std::chrono::system_clock::now();
  record_.status_text.clear();
  record_.previous_pid = exited.pid;
  exit_text_ =
      exited.status_known ? common::wait_status_text(exited.wait_status) : "exit status unknown";
  stdin_end_.reset();
  surroundings_.launcher.forget(key_);  // leaves in one packet with the record that feed() puts
  feed(Exited{exit_code_of(exited)});
  if (!has_child() && record_.pid != 0) {  // the machine had no use for it
    record_.pid = 0;
    remember();
  }
}

void Process::on_signal_failed(const spawner::SignalFailed& failed) {
  report(Level::critical,
         fmt::format("unknown problem sending signal {} to '{}' ({}): {}", failed.number,
                     spec_.name, record_.pid, common::errno_name(failed.error)));
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
  const Memory& memory = machine_.memory();
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
      if (memory.failed_starts > spec_.start_retries) {  // else the suite is going down
        report(Level::warn, fmt::format("gave up: {} entered FATAL state, too many start retries "
                                        "too quickly",
                                        spec_.name));
      }
      break;
    case State::starting:
    case State::stopping:
    case State::unknown: break;
  }
  surroundings_.changed({spec_.group, spec_.name, change.from, change.to, record_.pid,
                         memory.failed_starts, change.expected});
}

void Process::spawn() {
  failed_to_spawn_ = false;
  if (const auto spawned = try_spawn(); !spawned) {
    failed_to_spawn_ = true;
    report(Level::info, "spawnerr: " + spawned.error().context);
    feed(SpawnFailed{spawned.error().context});
  }
}

common::Result<void> Process::try_spawn() {
  std::vector<std::string> more;
  if (spec_.ready_notification == config::ReadyNotification::notify_socket) {
    if (const auto made = make_notify_socket(); !made) return made.error();
    more.push_back("NOTIFY_SOCKET=" + notify_address_);
  }
  auto plan = surroundings_.plan(spec_, more);
  if (!plan) return plan.error();

  auto pipes = spawner::make_program_pipes(spec_.redirect_stderr ? spawner::StderrTo::stdout_pipe
                                                                 : spawner::StderrTo::own_pipe);
  if (!pipes) return pipes.error();
  plan->targets = pipes->targets;
  if (pipes->stderr_end) {
    surroundings_.logs.attach(stream(true), std::move(pipes->stderr_end), target(true), taps(true));
  }
  surroundings_.logs.attach(stream(false), std::move(pipes->stdout_end), target(false),
                            taps(false));
  stdin_end_ = std::move(pipes->stdin_end);
  const int held[] = {stdin_end_.get()};
  surroundings_.holder.put("stdin:" + key_, "", held);
  ++record_.runs;
  record_.started_at = std::chrono::system_clock::now();
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
  if (kills) {
    report(Level::warn, fmt::format("killing '{}' ({}) with SIGKILL", spec_.name, record_.pid));
  } else {
    report(Level::debug, fmt::format("killing {} (pid {}) {}with signal {}", spec_.name,
                                     record_.pid, order.whole_group ? "process group " : "",
                                     common::signal_name(order.number)));
  }
  surroundings_.launcher.signal(key_, order.number, target);
}

void Process::set_timer(Clock::time_point at) {
  const auto generation = ++timer_generation_;
  timer_.expires_at(at);
  timer_.async_wait([self = self_, generation](const boost::system::error_code& error) {
    if (error || *self == nullptr || (*self)->timer_generation_ != generation) return;
    (*self)->feed(TimerFired{});
  });
}

common::Result<void> Process::make_notify_socket() {
  if (notify_socket_.is_open()) {  // what the last run said is not this one's
    std::array<char, 4096> old;
    while (::recv(notify_socket_.native_handle(), old.data(), old.size(), MSG_DONTWAIT) >= 0) {
    }
    return {};
  }
  static unsigned next_number = 0;  // of this daemon; a successor's are made apart by its pid
  const unsigned number = static_cast<unsigned>(::getpid()) * 4096U + next_number++;
  auto made = process::make_notify_socket(surroundings_.rundir, number);
  if (!made) return made.error();
  notify_address_ = made->address;
  const int held[] = {made->fd.get()};
  surroundings_.holder.put("notify:" + key_, notify_address_, held);
  notify_socket_.assign(made->fd.release());
  watch_notifications();
  return {};
}

void Process::watch_notifications() {
  notify_socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [self = self_](const boost::system::error_code& error) {
                              if (error || *self == nullptr) return;
                              (*self)->read_notifications();
                              (*self)->watch_notifications();
                            });
}

// A datagram is taken from the socket only when what it said is with the keeper.
void Process::read_notifications() {
  const int fd = notify_socket_.native_handle();
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size < 0) return;
    const auto said = parse_notification({buffer.data(), static_cast<std::size_t>(size)});
    if (said.has_status) record_.status_text = said.status;
    if (said.ready) {
      feed(Ready{});
    } else {
      remember();
    }
    surroundings_.flush();
    ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  }
}

}  // namespace supervisord::process
