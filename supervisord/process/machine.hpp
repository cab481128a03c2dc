// What one process does next: Supervisor's state table, and nothing else.
// Pure: no clock, no fork, no log. The caller says what happened and when; step() answers what to
// do, in order. Sources: Supervisor manual, "Process States"; ours: readiness (ready_notification,
// ready_timeout). Differences from Supervisor: everything happens at once (it has a loop turn of up
// to 1 s); a run shorter than a second with startsecs=0 is restarted a second after it began (which
// is what Supervisor's turn comes to); SIGKILL is not repeated more than once a second.
#pragma once

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "supervisord/process/state.hpp"

namespace supervisord::process {

using Clock = std::chrono::steady_clock;

enum class Restart { never, unexpected, always };

struct Policy {
  std::chrono::seconds start_secs{1};  // up this long: RUNNING
  int start_retries = 3;               // failed starts in a row before FATAL
  Restart restart = Restart::unexpected;
  std::vector<int> exit_codes{0};  // the expected ones
  int stop_signal = SIGTERM;
  std::chrono::seconds stop_wait{10};  // then SIGKILL
  bool stop_as_group = false;
  bool kill_as_group = false;
  std::optional<std::chrono::seconds> ready_timeout;  // none: does not announce its readiness
};

// What happened.
struct StartAsked {};
struct StopAsked {};
struct ShutdownAsked {};  // as StopAsked, but BACKOFF gives up; nothing is started again
struct StartsEnd {};  // all is going down: nothing is started any more, its own stop comes later
struct Spawned {};
struct SpawnFailed {
  std::string reason;
};
struct Exited {
  std::optional<int> code;  // none: ended by a signal, or not known
  std::string why = {};     // of a child that never became the program: the step that failed
};
struct Ready {};
struct SignalRefused {};  // kill() failed with something else than ESRCH
struct TimerFired {};
using Input = std::variant<StartAsked, StopAsked, ShutdownAsked, StartsEnd, Spawned, SpawnFailed,
                           Exited, Ready, SignalRefused, TimerFired>;

// What to do about it.
struct Spawn {};
struct Signal {
  int number;
  bool whole_group;
};
struct SetTimer {
  Clock::time_point at;  // replaces the timer that was set
};
struct ClearTimer {};
struct Announce {
  State from;
  State to;
  bool expected = true;  // of an exit
  int tries = 0;         // failed starts in a row, as they stood then
};
using Action = std::variant<Spawn, Signal, SetTimer, ClearTimer, Announce>;

/// All that a Machine remembers: what the keeper holds for the next daemon. Steady times are of
/// this boot.
struct Memory {
  State state = State::stopped;
  int failed_starts = 0;                 // in a row, since RUNNING, FATAL or the beginning
  bool has_child = false;                // a spawn was asked for, and no exit or failure has come
  bool ready = false;                    // READY=1 came in this run
  bool giving_up_start = false;          // STARTING, not ready in time, and told to stop
  bool restart_wanted = false;           // EXITED, waiting for its timer
  Clock::time_point started_at{};        // of the last spawn
  std::optional<Clock::time_point> due;  // the timer that is set
  std::string spawn_error;               // Supervisor's spawnerr
  std::optional<int> exit_code;          // of the last exit; -1: by a signal

  friend bool operator==(const Memory&, const Memory&) = default;
};

class Machine {
 public:
  explicit Machine(Policy policy = {}, Memory memory = {})
      : policy_{std::move(policy)}, memory_{std::move(memory)} {}
  State state() const { return memory_.state; }
  const Memory& memory() const { return memory_; }
  std::vector<Action> step(const Input& input, Clock::time_point now);
  /// The rules changed for a process that goes on. Takes effect from the next input on.
  void set_policy(Policy policy) { policy_ = std::move(policy); }
  /// After a take-over: no time of the memory lies further ahead than the rules allow, so that
  /// nothing hangs whose clock was another boot's.
  void rebase(Clock::time_point now);

 private:
  using Actions = std::vector<Action>;
  void on(const StartAsked&, Clock::time_point now, Actions& out);
  void on(const StopAsked&, Clock::time_point now, Actions& out);
  void on(const ShutdownAsked&, Clock::time_point now, Actions& out);
  void on(const StartsEnd&, Clock::time_point now, Actions& out);
  void on(const Spawned&, Clock::time_point now, Actions& out);
  void on(const SpawnFailed&, Clock::time_point now, Actions& out);
  void on(const Exited&, Clock::time_point now, Actions& out);
  void on(const Ready&, Clock::time_point now, Actions& out);
  void on(const SignalRefused&, Clock::time_point now, Actions& out);
  void on(const TimerFired&, Clock::time_point now, Actions& out);

  void enter(State to, Actions& out, bool expected = true);
  void start(Clock::time_point now, Actions& out);
  void stop(Clock::time_point now, Actions& out);
  void fail_start(std::string reason, Clock::time_point now, Actions& out);
  void give_up(Actions& out);
  void end_run(const Exited& exit, Clock::time_point now, Actions& out);
  void look_at_start(Clock::time_point now, Actions& out);
  void set_timer(Clock::time_point at, Actions& out);
  void clear_timer(Actions& out);
  bool is_expected(const Exited& exit) const;
  bool restarts_after(const Exited& exit) const;

  Clock::duration longest_wait() const;

  Policy policy_;
  Memory memory_;
  bool starts_have_ended_ =
      false;  // not remembered: who ends the starts says so to a successor too
};

}  // namespace supervisord::process
