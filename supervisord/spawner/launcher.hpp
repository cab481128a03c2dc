// How the daemon starts, signals and hears of programs. Implemented by KeeperLauncher (asks the
// keeper) and, in tests, by FakeLauncher. All calls and all answers are on the daemon's loop; no
// answer comes from within a call.
#pragma once

#include <sys/types.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "supervisord/keeper/spawn_plan.hpp"

namespace supervisord::spawner {

struct Spawned {
  std::string name;
  pid_t pid = 0;
};

/// `step` names what failed ("setuid", "chdir", "exec", "fork", ...), `argument` on what, `error`
/// is the errno.
struct SpawnFailed {
  std::string name;
  std::string step;
  std::string argument;
  int error = 0;
};

struct Exited {
  std::string name;
  pid_t pid = 0;
  int wait_status = 0;  // as waitpid gives it
  bool status_known =
      true;  // false: adopted after the keeper's own death, on a kernel that does not tell
};

/// In the place of Exited: the child is this process now, which it had named.
struct WentOn {
  std::string name;
  pid_t pid = 0;
};

enum class SignalTarget { process, process_group };

struct SignalFailed {
  std::string name;
  int number = 0;
  int error = 0;  // errno; ESRCH is never reported, the exit comes instead
};

struct LaunchHandlers {
  std::function<void(const Spawned&)> spawned;
  std::function<void(const SpawnFailed&)> spawn_failed;
  std::function<void(const Exited&)> exited;
  std::function<void(const SignalFailed&)> signal_failed;
  std::function<void(const WentOn&)> went_on = {};
};

class Launcher {
 public:
  virtual ~Launcher() = default;
  /// Answered by Spawned or SpawnFailed. The descriptors are the caller's, who may close them on
  /// return. A name has one child at a time: forget() the last one first.
  virtual void spawn(const keeper::SpawnPlan& plan, std::span<const int> fds) = 0;
  virtual void signal(std::string_view name, int number, SignalTarget target) = 0;
  /// When the child ends, it goes on as this process of its process group (WentOn).
  virtual void name_heir(std::string_view, pid_t) {}
  /// SIGKILL to all that is in the child's own cgroup, if it was given one.
  virtual void kill_cgroup(std::string_view) {}
  /// The exit has been taken in: the keeper need not tell it to a successor of this daemon any
  /// more.
  virtual void forget(std::string_view name) = 0;
};

}  // namespace supervisord::spawner
