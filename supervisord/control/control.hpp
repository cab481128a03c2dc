// The verbs: all that gRPC, XML-RPC and the web page can ask of the daemon. The APIs call nothing
// else. Every call is made on the daemon's loop, and every callback comes on it, never from within
// the call that took it, unless said otherwise. Names are Supervisor's: "web", "group:web",
// "group:*" or "group:", "all".
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/control/fault.hpp"
#include "supervisord/events/event.hpp"
#include "supervisord/log/position.hpp"
#include "supervisord/process/run_end.hpp"
#include "supervisord/process/status.hpp"

namespace supervisord::control {

/// A verb's answer for one process (or group, then `process` is "").
struct Outcome {
  std::string group;
  std::string process;
  Fault fault = Fault::none;
  std::string detail;  // for a person; "" when the fault says it all
};

/// What became of a whole call. With a fault nothing was done.
struct Ending {
  Fault fault = Fault::none;
  std::string detail;  // the selector that names nothing; the configuration's errors, a line each
};

using Progress = std::function<void(const Outcome&)>;
using Done = std::function<void(const Ending&)>;

enum class Wait { until_settled, no };

/// Ends a call's callbacks when it is destroyed; what was asked for goes on. Movable, made on the
/// loop and destroyed on it.
class Interest {
 public:
  virtual ~Interest() = default;
};
using InterestPtr = std::unique_ptr<Interest>;

enum class DaemonState { running, restarting, shutting_down };

struct DaemonInfo {
  pid_t pid = 0;         // the keeper's: what the pid file says
  pid_t daemon_pid = 0;  // this process
  std::string version;
  std::string identifier;
  DaemonState state = DaemonState::running;
  process::WallTime started_at;         // of the suite, not of this daemon process
  process::WallTime daemon_started_at;  // of this process
  std::string config_file;
  std::uint32_t daemon_starts = 1;  // how often the keeper has started a daemon
  std::string keeper_version;
  std::uint32_t keeper_upgrades = 0;  // how often the keeper was replaced in place
};

/// One group as configured beside what is active: a line of `avail`.
struct AvailableProcess {
  std::string group;
  std::string name;
  bool in_use = false;
  bool autostart = true;
  int group_priority = 999;
  int process_priority = 999;
};

/// A process of the configuration as last accepted, for getAllConfigInfo.
struct ConfiguredProcess {
  const config::ProcessSpec* spec = nullptr;  // good until the next turn of the loop
  int group_priority = 999;
  bool in_use = false;
};

/// What tailProcessStdoutLog answers.
struct LogTail {
  std::string bytes;
  std::uint64_t offset = 0;  // the file's size
  bool overflow = false;
};

struct ConfigChanges {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

/// A [socket:x] that is held for programs.
struct ProgramSocket {
  std::string name;
  std::string address;  // "tcp://127.0.0.1:8000", "unix:///run/x.sock"
  std::vector<std::string> programs;
};

enum class UpdateStep { stopped, removed, updated, added, failed };
struct UpdateProgress {
  std::string group;
  UpdateStep step = UpdateStep::added;
  std::string detail;
};

enum class Channel { stdout_log, stderr_log, main_log };

struct LogName {
  std::string process;  // "web" or "group:web"; not looked at for the main log
  Channel channel = Channel::stdout_log;
};

using events::Event;
using events::EventPosition;
using log::LogChunk;
using log::LogPosition;
using log::SharedChunk;

class Control {
 public:
  virtual ~Control() = default;

  virtual DaemonInfo daemon() const = 0;
  /// Stops everything and ends the suite; Fault::shutdown_state when that goes on already.
  virtual Ending shutdown() = 0;
  /// Restarts the daemon on freshly read files (SIGHUP); cant_reread, with nothing disturbed, when
  /// they are bad.
  virtual Ending reload() = 0;
  virtual Ending reopen_logs() = 0;
  /// Puts the installed binaries in force: this daemon is replaced by a new one, then the keeper by
  /// execve of itself. Programs, sockets and logs go on. The answer comes before it happens.
  virtual Ending upgrade() = 0;

  /// In Supervisor's order: by group, then process, for "all" or no selector; else in the
  /// selectors' order. Errors: Errc::not_found with the selector that names nothing.
  virtual common::Result<std::vector<process::Status>> status(
      const std::vector<std::string>& selectors) const = 0;

  /// An Outcome for each process as it settles (RUNNING or failed; at once with Wait::no), then
  /// Done.
  [[nodiscard]] virtual InterestPtr start(const std::vector<std::string>& selectors, Wait wait,
                                          Progress progress, Done done) = 0;
  [[nodiscard]] virtual InterestPtr stop(const std::vector<std::string>& selectors, Wait wait,
                                         Progress progress, Done done) = 0;
  /// One Outcome of each process's stop (not_running when it was down), then one of its start.
  /// Stops all before it starts any.
  struct RestartProgress {
    std::function<void(const Outcome&)> stopped;
    std::function<void(const Outcome&)> started;
  };
  [[nodiscard]] virtual InterestPtr restart(const std::vector<std::string>& selectors, Wait wait,
                                            RestartProgress progress, Done done) = 0;
  /// Sends `signal` (a name with or without SIG, or a number). Outcomes and Done come from within
  /// the call.
  virtual void signal(const std::vector<std::string>& selectors, std::string_view signal,
                      const Progress& progress, const Done& done) = 0;
  /// Sends each its reloadsignal; otherwise as signal().
  virtual void send_reload_signal(const std::vector<std::string>& selectors,
                                  const Progress& progress, const Done& done) = 0;
  /// Writes to the process's standard input. not_running, failed (with why), bad_name.
  virtual Ending send_stdin(std::string_view process, std::string_view bytes) = 0;
  /// Announces REMOTE_COMMUNICATION; also while all is stopping.
  virtual void send_remote_event(std::string_view type, std::string_view data) = 0;

  /// Reads the files; what update() would do. cant_reread with every error, and nothing is changed
  /// by it.
  virtual common::Result<ConfigChanges> reread() = 0;
  virtual std::vector<AvailableProcess> available() const = 0;
  /// By process name.
  virtual std::vector<ConfiguredProcess> configured() const = 0;
  virtual std::vector<ProgramSocket> sockets() const = 0;
  /// Takes what reread() found into force: for `groups`, or all when empty.
  [[nodiscard]] virtual InterestPtr update(const std::vector<std::string>& groups,
                                           std::function<void(const UpdateProgress&)> progress,
                                           Done done) = 0;
  virtual Ending add_group(std::string_view group) = 0;
  virtual Ending remove_group(std::string_view group) = 0;
  /// The resolved options of one process as (key, value), secrets not masked; the caller looks at
  /// the role.
  virtual common::Result<std::vector<std::pair<std::string, std::string>>> describe(
      std::string_view process) const = 0;

  /// How the last runs of one process ended, newest last; none of one that is not known.
  virtual std::vector<process::RunEnd> run_ends(std::string_view process) const = 0;

  /// `length` bytes (0: all) from `offset`; a negative offset counts from the end. Errors:
  /// not_found (bad name), missing (no log file).
  virtual common::Result<LogChunk> read_log(const LogName& log, std::int64_t offset,
                                            std::uint64_t length) const = 0;
  /// The last `length` bytes, as Supervisor has it: nothing when `offset` is at or behind the end;
  /// an empty answer when there is no file. Errors: not_found (bad name).
  virtual common::Result<LogTail> tail_log(const LogName& log, std::uint64_t offset,
                                           std::uint64_t length) const = 0;
  virtual Ending clear_log(const LogName& log) = 0;
  /// Chunks as they are written: from `from`, or the last `last_bytes`. The consumer calls next()
  /// of the returned flow when it can take another chunk; none is read before, so a stalled client
  /// costs nothing.
  struct LogFlow : Interest {
    virtual void next() = 0;
  };
  [[nodiscard]] virtual common::Result<std::unique_ptr<LogFlow>> follow_log(
      const LogName& log, std::optional<LogPosition> from, std::uint64_t last_bytes,
      std::function<void(SharedChunk)> chunk) = 0;
  /// Events from after `from` (as far as they are kept), or from now on. `lost` says how many could
  /// not be given any more.
  [[nodiscard]] virtual InterestPtr watch(std::optional<EventPosition> from,
                                          std::function<void(const Event&)> event,
                                          std::function<void(std::uint64_t)> lost) = 0;
};

}  // namespace supervisord::control
