// One process: its machine, and what the machine's actions do to the world (launcher, timer, logs,
// record, main log). Owned by its group; everything here is on the daemon's loop. Each state is
// with the keeper before what follows from it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/held.hpp"
#include "common/log.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/log/logs.hpp"
#include "supervisord/process/fcgi_socket.hpp"
#include "supervisord/process/machine.hpp"
#include "supervisord/process/program_sockets.hpp"
#include "supervisord/process/record.hpp"
#include "supervisord/process/run_end.hpp"
#include "supervisord/process/state_change.hpp"
#include "supervisord/process/status.hpp"
#include "supervisord/process/tree_stop.hpp"
#include "supervisord/spawner/launcher.hpp"
#include "supervisord/spawner/program_pipes.hpp"

namespace supervisord::process {

/// What all processes share. Owned by the daemon, outlives them.
struct Surroundings {
  boost::asio::io_context& io;
  spawner::Launcher& launcher;
  common::Holder& holder;
  log::Logs& logs;
  ProgramSockets& sockets;
  std::string rundir;  // "" when there is none
  std::string childlogdir;
  std::string identifier;
  /// How to start one, with more variables for its environment. Errors: the text is Supervisor's
  /// spawnerr; ENOENT (no such file), EISDIR, ENOEXEC, EACCES (not executable) or another.
  std::function<common::Result<keeper::SpawnPlan>(const config::ProcessSpec&,
                                                  const std::vector<std::string>&)>
      plan;
  std::function<void(common::Level, const std::string&)> report;
  std::function<void(const StateChange&)> changed;
  /// Sends what was put to the keeper at once.
  std::function<void()> flush;
  bool output_is_logged = false;  // loglevel debug: all output goes to the main log too
  config::ExitOn exit_on = {};
};

/// What the keeper handed over of one process. The child may have ended.
struct Inheritance {
  std::optional<Record> record;
  bool has_child = false;
  pid_t pid = 0;
  std::optional<spawner::Exited> exit;
  common::UniqueFd stdin_end;
  std::vector<std::pair<int, common::UniqueFd>> recovered_outputs;  // 1 and 2 of an adopted child
  common::UniqueFd notify_socket;
  std::string notify_address;
};

/// What a process has of its group, which owns it all.
struct GroupTies {
  FcgiSocket* socket = nullptr;  // of an [fcgi-program:x]
  bool is_listener = false;      // its stdout is a dialogue
};

class Process {
 public:
  /// The group keeps `spec` alive.
  Process(const config::ProcessSpec& spec, Surroundings& surroundings, GroupTies ties = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  const config::ProcessSpec& spec() const { return spec_; }
  const std::string& name() const { return spec_.name; }
  const std::string& key() const { return key_; }  // "group:process": its name to the keeper
  State state() const { return machine_.state(); }
  pid_t pid() const { return record_.pid; }  // 0: none, or the keeper has not said it yet
  Status status() const;
  const RunEnds& run_ends() const { return run_ends_; }           // of this daemon's time
  bool was_never_started() const { return !record_.started_at; }  // nor tried to
  bool has_child() const { return machine_.memory().has_child; }
  bool waits_for_restart() const { return machine_.memory().restart_wanted; }
  /// Whether the last start failed before there was a process: a SPAWN_ERROR, not an
  /// ABNORMAL_TERMINATION.
  bool failed_to_spawn() const { return failed_to_spawn_; }
  /// Where a channel's output goes; nothing when it goes nowhere.
  std::optional<log::LogFile> log_file(bool is_stderr) const;
  log::Target target(bool is_stderr) const;
  log::Taps taps(bool is_stderr) const;

  /// Goes on with what an earlier daemon left. Before anything else is asked of this process.
  void take_over(Inheritance inheritance);
  /// Looks whether the command can be run. Errors: as Surroundings::plan.
  common::Result<void> check_command() const;
  void start();
  void stop();
  void shut_down();
  /// All is going down, its own turn comes later: it is not started again by itself.
  void end_starts();
  /// Errors: errno, as far as it is known at once.
  void signal(int number);
  /// Errors: Errc::closed (no child, or it has closed its end), EAGAIN (it does not read).
  common::Result<void> send_stdin(std::string_view bytes);
  /// The pipe to its standard input, this object's own; -1 when there is none.
  int stdin_fd() const { return stdin_end_.get(); }
  /// Forgets it everywhere: its records, streams and timer. It has no child.
  void retire();

  void on_spawned(const spawner::Spawned& spawned);
  void on_spawn_failed(const spawner::SpawnFailed& failed);
  void on_exited(const spawner::Exited& exited);
  void on_signal_failed(const spawner::SignalFailed& failed);
  void on_went_on(const spawner::WentOn& went_on);

 private:
  void feed(const Input& input);
  void apply(const Action& action);
  void spawn();
  common::Result<void> try_spawn();
  common::Result<spawner::ProgramPipes> make_pipes();
  common::Result<void> add_sockets(spawner::ProgramPipes& pipes);
  bool goes_nowhere(bool is_stderr) const;
  void leave_socket();
  void end_run(std::optional<int> wait_status, const std::string& why);
  void send_signal(const Signal& signal);
  TreeRun tree_run() const;
  void kill_tree();
  bool waits_for_tree(const spawner::Exited& exited);
  void set_timer(Clock::time_point at);
  void announce(const Announce& announce);
  void tell(const Announce& announce);
  void report(common::Level level, const std::string& text) const {
    surroundings_.report(level, text);
  }
  void remember();
  void make_auto_names();
  void write_to_stderr_log(const std::string& text);
  std::string stream(bool is_stderr) const;
  void watch_notifications();
  void read_notifications();
  common::Result<void> make_notify_socket();

  const config::ProcessSpec& spec_;  // the group's
  std::string key_;
  Surroundings& surroundings_;
  GroupTies ties_;
  Machine machine_;
  Record record_;  // its memory is the machine's; the rest is ours
  TreeStop tree_;
  boost::asio::steady_timer timer_;
  std::uint64_t timer_generation_ = 0;
  common::UniqueFd stdin_end_;
  common::UniqueFd stderr_end_;  // kept until the spawn is answered, for its failure's text
  boost::asio::posix::stream_descriptor notify_socket_;
  std::string notify_address_;
  bool failed_to_spawn_ = false;
  bool child_ended_ = false;  // and its tree is waited for
  bool is_shutting_down_ = false;
  std::optional<int> wait_status_;  // of the last exit since the last start
  StateChange::Run run_;            // the last one, once it has ended
  RunEnds run_ends_;
  std::string exit_text_;           // "exit status 3", of the exit being told
  std::shared_ptr<Process*> self_;  // for what was posted when this object is gone
};

}  // namespace supervisord::process
