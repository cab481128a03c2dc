// Starts one program as a child of this process: clone with VM, VFORK and PIDFD, so that it costs
// the same beside any number of descriptors and says which step failed. Everything is computed
// before; between clone and exec there are raw system calls only. Does not use and does not change
// this process's signal dispositions. One thread.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/keeper/spawn_plan.hpp"

namespace supervisord::keeper {

struct Launched {
  pid_t pid = 0;  // also its process group
  common::UniqueFd pidfd;
  bool in_cgroup = false;  // in the one that was asked for
};

/// Nothing runs. Steps in their order: "fork", "setpgid", "prctl", "dup2", "close", "setrlimit",
/// "setgroups", "setgid", "setuid", "chdir", "exec". The argument: a descriptor, limit, id or path.
struct LaunchFailure {
  std::string step;
  std::string argument;
  int error = 0;
};

class Launcher {
 public:
  /// `files`: RLIMIT_NOFILE for programs whose plan does not say it.
  static common::Result<Launcher> make(rlimit files);

  enum class WhenKeeperDies { lives_on, is_killed };
  /// `fds` go to plan.targets, one each; all other descriptors but 0, 1 and 2 are closed. `cgroup`
  /// is the folder of the one to be born in, -1 for none; where that fails, it is born in ours.
  std::variant<Launched, LaunchFailure> launch(const SpawnPlan& plan, std::span<const int> fds,
                                               WhenKeeperDies when = WhenKeeperDies::lives_on,
                                               int cgroup = -1);

  Launcher(Launcher&& other) noexcept;
  Launcher& operator=(Launcher&& other) noexcept;
  ~Launcher();

 private:
  Launcher(void* stack, rlimit files, std::vector<common::UniqueFd> low)
      : stack_{stack}, files_{files}, low_{std::move(low)} {}
  void clear_low(std::size_t count);

  void* stack_;  // of the child until its exec; this process stands still meanwhile
  rlimit files_;
  // Low numbers kept for a program's descriptors on their way to it, so that the child leaves all
  // that is above behind in one step. The last is a placeholder.
  std::vector<common::UniqueFd> low_;
};

}  // namespace supervisord::keeper
