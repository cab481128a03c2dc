// All that the keeper needs to start one program, as plain values computed beforehand by the
// daemon.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace supervisord::keeper {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary, for setgroups
};

struct Limit {
  int resource = 0;  // RLIMIT_*
  rlim_t soft = 0;
  rlim_t hard = 0;
};

struct SpawnPlan {
  std::string name;                      // the child's key: "group:process"
  std::string executable;                // execve's path
  std::vector<std::string> argv;         // argv[0] as the program sees it
  std::vector<std::string> environment;  // "KEY=VALUE", whole
  std::optional<std::string> directory;
  std::optional<mode_t> umask;
  std::optional<Identity> identity;  // only when it differs from the keeper's
  std::vector<Limit> limits;
  std::vector<int> targets;  // targets[i] is the number in the child of the i-th descriptor sent
                             // along; one may come twice
  bool own_cgroup = false;   // in a cgroup of its own, where that can be had
  bool listen_pid = false;   // LISTEN_PID=its pid is in the environment too
};

}  // namespace supervisord::keeper
