// How a process starts: its logs' names, its pipes, the order to the keeper and the answer.
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

#include "common/words.hpp"
#include "supervisord/log/auto_names.hpp"
#include "supervisord/process/process.hpp"
#include "supervisord/process/spawn_failure.hpp"

namespace supervisord::process {
namespace {

using common::Level;

constexpr int first_socket = 3;        // sd_listen_fds(3), SD_LISTEN_FDS_START
constexpr std::size_t its_stderr = 2;  // of the descriptors that a child gets

void add_listen_variables(const std::vector<config::SocketSpec>& sockets,
                          std::vector<std::string>& environment) {
  if (sockets.empty()) return;
  std::string names;
  for (const config::SocketSpec& socket : sockets)
    names += (names.empty() ? "" : ":") + socket.name;
  environment.push_back("LISTEN_FDS=" + std::to_string(sockets.size()));
  environment.push_back("LISTEN_FDNAMES=" + names);
}

// What no other run, of this or another supervisord, has in its environment.
std::string new_mark(const std::string& key, std::uint32_t run) {
  return fmt::format("SUPERVISOR_RUN={}:{}:{}", key, run, log::random_log_suffix());
}

}  // namespace

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
  const bool is_dialogue = ties_.is_listener && !is_stderr;
  return {.strip_ansi = spec_.strip_ansi,
          .syslog_name = spec.syslog ? spec_.name : "",
          .output = spec.events_enabled || is_dialogue || surroundings_.output_is_logged,
          .capture_max_bytes = spec.capture_max_bytes,
          .is_dialogue = is_dialogue};
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

common::Result<void> Process::check_command() const {
  const auto plan = surroundings_.plan(spec_, {});
  if (!plan) return plan.error();
  return {};
}

void Process::spawn() {
  failed_to_spawn_ = false;
  wait_status_.reset();
  run_ = {};
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
  const log::Taps taps = this->taps(is_stderr);
  return target(is_stderr).kind == log::Target::Kind::discard && !taps.output &&
         taps.syslog_name.empty() && taps.capture_max_bytes == 0;
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
  if (const auto added = add_sockets(*pipes); !added) return added.error();
  return pipes;
}

common::Result<void> Process::add_sockets(spawner::ProgramPipes& pipes) {
  int target = first_socket;
  for (const config::SocketSpec& socket : spec_.sockets) {
    const auto fd = surroundings_.sockets.open(socket);
    if (!fd) return fd.error();
    auto same = common::duplicate(*fd);
    if (!same) return same.error();
    pipes.child_ends.push_back(*std::move(same));
    pipes.targets.push_back(target++);
  }
  return {};
}

common::Result<void> Process::try_spawn() {
  record_.mark = new_mark(key_, record_.runs + 1);
  std::vector<std::string> more{record_.mark};
  if (spec_.ready_notification == config::ReadyNotification::notify_socket) {
    if (const auto made = make_notify_socket(); !made) return made.error();
    more.push_back("NOTIFY_SOCKET=" + notify_address_);
  }
  add_listen_variables(spec_.sockets, more);
  auto plan = surroundings_.plan(spec_, more);
  if (!plan) return plan.error();

  auto pipes = make_pipes();
  if (!pipes) return pipes.error();
  plan->targets = pipes->targets;
  plan->listen_pid = !spec_.sockets.empty();
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
  stderr_end_ = std::move(pipes->child_ends[its_stderr]);
  return {};
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

}  // namespace supervisord::process
