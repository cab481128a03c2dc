// The row that `ctl status` prints of one process: made when asked, never stored.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "supervisord/process/state.hpp"

namespace supervisord::process {

using WallTime = std::chrono::system_clock::time_point;

struct Status {
  std::string group;
  std::string name;
  State state = State::stopped;
  pid_t pid = 0;                       // 0: no child
  std::optional<WallTime> started_at;  // of the last spawn, or of the attempt that failed
  std::optional<WallTime> stopped_at;  // of the last exit
  std::chrono::seconds uptime{0};      // while there is a child, by the steady clock
  std::optional<int> exit_status;      // of the last run, exit code; -1 for a death by signal
  std::string spawn_error;             // Supervisor's spawnerr
  std::string status_text;             // STATUS= of the last notification
  std::uint32_t restarts = 0;          // spawns after the first, since the daemon's first start
  std::string stdout_logfile;          // "" when none
  std::string stderr_logfile;

  /// What stands behind the state in `status`: "pid 7, uptime 0:00:07", "Not started", the spawn
  /// error.
  std::string description() const;
  /// "web" when group and process have one name, else "web:web_0".
  std::string display_name() const;
};

}  // namespace supervisord::process
