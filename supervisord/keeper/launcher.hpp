// Starts programs as children of this process: clone with VM and PIDFD, so that it costs the same
// beside any number of descriptors and says which step failed. Everything is computed before;
// between clone and exec there are raw system calls only. This process goes on meanwhile, so that
// several are on their way at once: while it stands still (VFORK), each waits for the one before it
// to be scheduled and to read its file. Does not use and does not change this process's signal
// dispositions. One thread.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <memory>
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
  using Outcome = std::variant<Launched, LaunchFailure>;
  /// `fds` go to plan.targets, one each; all other descriptors but 0, 1 and 2 are closed. `cgroup`
  /// is the folder of the one to be born in, -1 for none; where that fails, it is born in ours.
  /// None is on its way.
  Outcome launch(const SpawnPlan& plan, std::span<const int> fds,
                 WhenKeeperDies when = WhenKeeperDies::lives_on, int cgroup = -1);

  /// A process that has not got to its exec yet.
  struct Begun {
    pid_t pid = 0;
    int pidfd = -1;  // the launcher's until finish()
  };
  /// The same in two halves. There is room for it. Until finish(), `plan` stays where and as it is,
  /// and nothing is closed that an epoll watches. Each that has begun is to be finished.
  std::variant<Begun, LaunchFailure> begin(const SpawnPlan& plan, std::span<const int> fds,
                                           WhenKeeperDies when = WhenKeeperDies::lives_on,
                                           int cgroup = -1);
  /// Waits for the exec of the one that began first. One is on its way.
  Outcome finish();
  /// Whether one more with that many descriptors can begin.
  bool has_room(std::size_t fds) const;

  Launcher(Launcher&& other) noexcept;
  Launcher& operator=(Launcher&& other) noexcept;  // none is on its way
  ~Launcher();

 private:
  struct Flight;
  static constexpr std::size_t max_in_flight = 8;

  Launcher();
  void clear_low(Flight& flight);

  rlimit files_{};
  std::vector<std::unique_ptr<Flight>> idle_;
  std::deque<std::unique_ptr<Flight>> flights_;  // in their order
  // Low numbers kept for programs' descriptors on their way to them, so that a child leaves all
  // that is above behind in one step. The last is a placeholder.
  std::vector<common::UniqueFd> low_;
  std::vector<int> free_low_;
  unsigned shared_above_ = 0;
};

}  // namespace supervisord::keeper
