// The keeper: parent of the daemon and of all programs. Runs the daemon once to read the
// configuration (phase preflight), then for as long as it is wanted (phase run), starting it again
// when it dies; spawns, signals and reaps what it asks for; keeps its records meanwhile. One
// thread, one epoll, all signals blocked and read from a descriptor.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/notify.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/keeper/cgroups.hpp"
#include "supervisord/keeper/children.hpp"
#include "supervisord/keeper/launcher.hpp"
#include "supervisord/keeper/link.hpp"
#include "supervisord/keeper/records.hpp"
#include "supervisord/keeper/revive.hpp"
#include "supervisord/keeper/rundir.hpp"
#include "supervisord/keeper/state_file.hpp"
#include "supervisord/keeper/table.hpp"
#include "supervisord/keeper/watchdog.hpp"

namespace supervisord::keeper {

struct KeeperOptions {
  std::string keeper;                    // the path of this executable
  std::string daemon;                    // and the daemon's
  std::vector<std::string> argv;         // as the user gave it
  std::vector<std::string> environment;  // for daemon and programs
  std::string notify_socket;             // NOTIFY_SOCKET; "" for none
  Records records;                       // to begin with
};

/// A run of an installed program, which shows whether it is good to take over (upgrade.cpp).
struct Trial {
  enum class Of { daemon, keeper };
  Of of = Of::daemon;
  pid_t pid = 0;
  common::UniqueFd output;     // what it printed
  std::unique_ptr<Link> link;  // a daemon's
  std::uint16_t major = 0;     // of its hello; 0: none came
  std::chrono::steady_clock::time_point give_up_at;
  bool gave_up = false;
  bool somebody_waits = true;  // the daemon that asked is still there
};

/// A program on its way to its exec.
struct Launching {
  SpawnPlan plan;
  ChildFacts facts;
  std::string cgroup;
};

class Keeper {
 public:
  Keeper(KeeperOptions options, Launcher launcher);
  /// Until all is over: the exit status. Signals are blocked already.
  int run();
  /// The same for one that takes the place of an earlier keeper, in its process.
  int run(Table table);

 private:
  using Clock = std::chrono::steady_clock;

  // What the loop waits for (keeper.cpp).
  int open_loop();
  void watch(int fd, std::uint64_t tag, std::uint32_t events);
  void unwatch(int fd);
  void loop_until_over();
  void turn();
  int wait_ms() const;
  void on_timers();
  void take_signals();
  void on_signal(int number);

  // From the pre-flight to the first daemon (keeper.cpp).
  std::optional<int> preflight();
  std::optional<int> settle(const Preflight& values);
  void adopt_all();
  void clean_up();

  // The daemon's life (daemon_life.cpp).
  void start_daemon();
  void daemon_ended(int status);
  void kill_daemon();
  void watch_daemon();
  void drain_link();
  void close_link();
  void end(int status);
  void stop_alone();

  // The upgrade in place (upgrade.cpp).
  void on_upgrade();
  void try_installed(Trial::Of what);
  void receive_from_trial();
  void give_up_trial();
  void trial_ended(int status);
  void trial_failed(const std::string& why);
  void end_trial();
  Table table_now() const;
  void become_installed();
  std::optional<int> resume(Table& table);

  // What the daemon says (requests.cpp).
  void receive();
  void take_in(std::vector<Incoming>& incoming);
  void on(Incoming& incoming);
  void on_hello(const Hello& hello);
  void on_put(Put& put, Incoming& incoming);
  void on_spawn(Spawn& spawn, const Incoming& incoming);
  void settle_launches();
  void settle_launch();
  void not_launched(const Launching& launching, const LaunchFailure& failure);
  void on_forget(const std::string& name);
  void on_main_pid(const MainPid& named);
  void on_signal_request(const Signal& signal);
  void on_finish(int status);
  void send_list();

  // Children (requests.cpp).
  void reap();
  void look_at_adopted_child(pid_t pid);
  bool lives_on(ChildRow& row);
  void child_exited(ChildRow& row, ChildExit exit);
  void write_down(const std::string& row);
  JournalState state_now() const;

  void tell(const Message& message);
  void note(NoteLevel level, const std::string& text);

  KeeperOptions options_;
  Launcher launcher_;
  common::Notifier notifier_;
  std::uint64_t epoch_ = 0;
  std::int64_t started_at_ns_ = 0;

  common::UniqueFd epoll_;
  common::UniqueFd signals_;
  bool child_ended_ = false;  // SIGCHLD came this turn
  pid_t named_child_ = -1;    // and said of whom; others may have ended with it

  Phase phase_ = Phase::preflight;
  std::optional<Preflight> values_;
  rlimit program_files_{};  // RLIMIT_NOFILE for programs
  Rundir rundir_;
  StateFile state_file_;
  Children children_;
  std::deque<Launching> launching_;  // in the launcher's order; none outlives its packet
  Cgroups cgroups_;
  Records records_;
  bool adopted_ = false;

  pid_t daemon_pid_ = 0;
  common::UniqueFd daemon_pidfd_;
  std::unique_ptr<Link> link_;
  bool welcomed_ = false;      // the daemon has said hello: events go to it
  bool link_blocked_ = false;  // it is behind with reading
  std::uint32_t daemon_starts_ = 0;
  std::uint32_t link_number_ = 0;  // tells the present link's events from an old one's
  std::optional<int> previous_end_;
  Revive revive_;
  Watchdog watchdog_;
  std::optional<Clock::time_point> revive_at_;
  std::optional<Clock::time_point> kill_daemon_at_;  // it was to end
  std::vector<int> pending_signals_;                 // for the next daemon
  std::vector<Note> pending_notes_;                  // for the first daemon, which has the main log
  std::optional<int> shutdown_signal_;               // told to every daemon from now on

  std::optional<Trial> trial_;
  bool upgrade_wanted_ = false;  // once this daemon has ended
  std::uint32_t upgrades_ = 0;   // how often this process has been replaced in place

  std::optional<int> finish_;  // the status that the daemon gave
  bool alone_ = false;         // stopping the children without a daemon
  std::optional<Clock::time_point> kill_all_at_;
  std::map<pid_t, Clock::time_point>
      unreaped_;             // adopted ones that ended, until their status is given up
  std::optional<int> over_;  // the exit status
};

}  // namespace supervisord::keeper
