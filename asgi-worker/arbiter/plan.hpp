// Which workers there are, and what to do next about them. Pure: no fork, no clock, no log. The
// arbiter says what happened and when; step() answers what to do. A slot is a worker's place:
// while it is being replaced two workers stand in it, the old one serving until the new one does.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "asgi-worker/arbiter/obituary.hpp"

namespace asgi_worker::arbiter {

using Clock = std::chrono::steady_clock;

/// Exit statuses of the arbiter and of a worker: the application cannot be loaded or started; and,
/// as gunicorn tells it, its module is there, but what is to be called in it is not.
inline constexpr int cannot_start = 3;
inline constexpr int cannot_load = 4;

struct Policy {
  int workers = 1;
  Clock::duration kill_after = std::chrono::seconds{40};  // from TERM on: drain and lifespan
  Clock::duration shutdown_delay{};                       // and this before them, when all stop
  Clock::duration abort_after = std::chrono::seconds{1};  // from ABRT on: a stuck worker's stacks
  Clock::duration startup_limit{};                        // from fork to ready; zero: none
  Clock::duration most_backoff = std::chrono::seconds{30};
  Clock::duration proven_after = std::chrono::seconds{1};  // serving so long, it starts well
  bool drops_old_code = false;  // of a reload: nobody answers with it once one has the new code
};

// What happened.
struct Started {};  // the arbiter is up
struct Forked {
  int slot;
  pid_t pid;
};
struct ForkFailed {
  int slot;
};
struct Ready {
  pid_t pid;
};
struct RetireAsked {
  pid_t pid;
  std::string reason;
};  // the worker wants a successor
struct Silent {
  pid_t pid;
};  // its loop has stood still for too long
struct Exited {
  pid_t pid;
  int status;                 // as waitpid gives it
  Circumstances around = {};  // of its death
};
struct CannotLoad {           // the template: there is no application to fork workers with
  int status = cannot_start;  // what it ended with
};
struct StopAsked {
  enum class How { graceful, quick } how;
};
struct ReloadAsked {
  int workers;
};
struct MoreAsked {};
struct FewerAsked {};
struct PauseAsked {};  // all workers go, the arbiter stays: another one has the sockets now
struct TimePassed {};
using Input =
    std::variant<Started, Forked, ForkFailed, Ready, RetireAsked, Silent, Exited, CannotLoad,
                 StopAsked, ReloadAsked, MoreAsked, FewerAsked, PauseAsked, TimePassed>;

// What to do about it, in this order.
struct Fork {
  int slot;
  std::string reason;  // "" at the start
};
struct Signal {
  pid_t pid;
  int number;
};
struct Retire {
  pid_t pid;
};                   // TERM to one whose place is taken: it may let its clients go gently
struct SayReady {};  // for the first time every slot serves
struct Say {
  enum class Level { info, warning, error, critical } level;
  std::string text;
};
struct Finish {
  int status;
};
struct ReloadEnded {};  // well or not
struct CountChanged {
  int now;
  int before;
};  // by TTIN or TTOU
using Action = std::variant<Fork, Signal, Retire, SayReady, ReloadEnded, Say, CountChanged, Finish>;
using Actions = std::vector<Action>;

class Plan {
 public:
  explicit Plan(const Policy& policy) : policy_{policy} {}
  Actions step(const Input& input, Clock::time_point now);
  /// When TimePassed is due; none while nothing waits for time.
  std::optional<Clock::time_point> deadline() const;
  std::size_t workers() const;
  /// Slots with a worker that serves, of so many that there shall be.
  bool serves(pid_t pid) const;
  int serving() const;
  int wanted() const;
  /// From the next decision on; the number of workers comes with ReloadAsked.
  void adopt(const Policy& policy);

 private:
  struct Worker {
    pid_t pid;
    Clock::time_point since;  // its fork, then its being ready
    bool is_ready = false;
    bool is_old = false;                       // its successor takes the slot when it is ready
    bool is_stuck = false;                     // has been sent ABRT
    std::string wants_successor = {};          // why
    std::optional<Clock::time_point> kill_at;  // has been told to end
  };
  struct Slot {
    int number;
    std::vector<Worker> workers;
    bool is_forking = false;
    bool is_closing = false;  // TTOU: ends with its worker
    int failures = 0;
    std::optional<Clock::time_point> fork_at;
    std::string reason = {};  // of that fork
  };

  void on(Started, Clock::time_point now, Actions& out);
  void on(Forked, Clock::time_point now, Actions& out);
  void on(ForkFailed, Clock::time_point now, Actions& out);
  void on(Ready, Clock::time_point now, Actions& out);
  void on(const RetireAsked& asked, Clock::time_point now, Actions& out);
  void on(Silent, Clock::time_point now, Actions& out);
  void on(const Exited& exited, Clock::time_point now, Actions& out);
  void on(CannotLoad, Clock::time_point now, Actions& out);
  void on(StopAsked, Clock::time_point now, Actions& out);
  void on(ReloadAsked, Clock::time_point now, Actions& out);
  void on(MoreAsked, Clock::time_point now, Actions& out);
  void on(FewerAsked, Clock::time_point now, Actions& out);
  void on(PauseAsked, Clock::time_point now, Actions& out);
  void on(TimePassed, Clock::time_point now, Actions& out);

  Slot* slot_at(int number);
  Slot* slot_of(pid_t pid);
  static Worker* worker_of(Slot& slot, pid_t pid);
  void fork(Slot& slot, std::string reason, Actions& out);
  void retire(Worker& worker, Clock::time_point now, Actions& out);
  void serve_wish(Slot& slot, Clock::time_point now, Actions& out);
  void abort(Worker& worker, const std::string& why, Clock::time_point now, Actions& out);
  void close(Slot& slot, Clock::time_point now, Actions& out);
  void set_count(int count, const std::string& reason, Clock::time_point now, Actions& out);
  void retry(Slot& slot, std::string reason, Clock::time_point now);
  void roll_next(Clock::time_point now, Actions& out);
  void roll_rest(Clock::time_point now, Actions& out);
  void roll_failed(Slot& slot, Clock::time_point now, Actions& out);
  void stop(StopAsked::How how, Clock::time_point now, Actions& out);
  void finish_when_empty(Actions& out);
  void say_ready_once(Actions& out);
  void say_when_reloaded(Actions& out);

  Policy policy_;
  std::vector<Slot> slots_;
  int next_slot_ = 1;
  bool ever_ready_ = false;  // some worker was
  bool said_ready_ = false;
  bool is_stopping_ = false;
  bool is_reloading_ = false;
  int exit_status_ = 0;
  std::vector<int> rolling_;  // slots whose worker is still to be replaced, the next one last
};

}  // namespace asgi_worker::arbiter
