// What runs once everything is configured: owns the options in force, the sockets, the log files,
// the pid file and the line to the service manager, and gives the arbiter its hooks. GIL held.
#pragma once

#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/arbiter/arbiter.hpp"
#include "asgi-worker/arbiter/control_server.hpp"
#include "asgi-worker/arbiter/daemon.hpp"
#include "asgi-worker/arbiter/handover.hpp"
#include "asgi-worker/arbiter/metrics.hpp"
#include "asgi-worker/arbiter/metrics_server.hpp"
#include "asgi-worker/arbiter/pid_file.hpp"
#include "asgi-worker/arbiter/privileges.hpp"
#include "asgi-worker/arbiter/reload.hpp"
#include "asgi-worker/arbiter/server_hooks.hpp"
#include "asgi-worker/arbiter/sockets.hpp"
#include "asgi-worker/arbiter/statsd.hpp"
#include "asgi-worker/arbiter/syslog.hpp"
#include "asgi-worker/options/options.hpp"
#include "asgi-worker/worker/state.hpp"
#include "common/notify.hpp"

namespace asgi_worker::arbiter {

class Site {
 public:
  struct Configured {
    options::Options options;
    python::Ref functions;  // of gunicorn.conf.py, by name: its hooks
  };
  /// HUP: the configuration, read again.
  using Configure = std::function<common::Result<Configured>()>;

  /// `directory` is where the command was started; `state` the module's: its log is set up here. It
  /// outlives this.
  Site(Configured configured, Configure configure, std::string directory, worker::State& state);
  ~Site();
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  /// Logs, sockets, the background, the pid file. With --daemon only the daemon comes back.
  common::Result<void> open();
  /// The exit status; in a worker and in the template, theirs.
  int run();
  /// Afterwards, in the arbiter: the signal that it is to end by; 0: by its status.
  int signal_to_die_by() const;

 private:
  common::Result<void> take_rights(const options::Options& options);
  common::Result<void> write_pid_file();
  common::BindOptions bind_options() const;
  common::Result<void> open_sockets();
  common::Result<void> open_logs();
  common::Result<void> open_syslog();
  void reopen_logs();
  Wanted wanted() const;
  Hooks hooks();

  // In a child.
  int load();
  int run_worker(int arbiter, worker::Cell* cell);
  bool become_worker();
  void set_title(const char* role) const;

  // In the arbiter.
  Wanted reload();
  void ready();
  void counted(int serving, int wanted);
  void stopping();
  pid_t upgrade();
  common::Result<void> watch_code();
  common::Result<void> serve_metrics();
  common::Result<void> send_statsd();
  Standing standing() const;
  common::Result<void> serve_control();
  void answer_control(int client);
  void obey(int client, const std::string& message);
  python::Ref control_facts() const;
  void code_changed();
  void predecessor_ended();
  void end();
  void notify(const std::string& lines);

  options::Options options_;
  Configure configure_;
  std::string directory_;
  worker::State& state_;
  python::Log& log_;
  std::vector<std::string> command_line_;
  Handover handover_;
  common::UniqueFd predecessor_;  // readable when it has ended
  common::Notifier notifier_{""};
  std::string notify_socket_;
  Clock::duration watchdog_{};
  Privileges privileges_;
  Privileges socket_owner_;
  std::optional<mode_t> first_umask_;  // as it was before ours, once ours is in force
  common::UniqueFd access_file_;
  common::UniqueFd error_file_;
  Sockets sockets_;
  PidFile pid_file_;
  ServerHooks server_hooks_;
  python::Ref application_;  // in the template
  std::string status_;
  bool is_ready_ = false;
  bool is_stopping_ = false;
  double started_at_unix_ = static_cast<double>(::time(nullptr));
  std::optional<worker::AllCounters> counters_;  // where somebody wants to know
  std::optional<Syslog> syslog_;
  std::optional<ControlServer> control_;
  unsigned long spawned_ = 0;
  unsigned long ended_ = 0;
  unsigned long reloads_ = 0;
  std::optional<MetricsServer> metrics_;
  std::optional<StatsdSender> statsd_;
  std::pair<int, int> workers_count_;  // that serve, of so many
  std::optional<ReloadWatch> reload_watch_;
  std::optional<Arbiter> arbiter_;
};

}  // namespace asgi_worker::arbiter
