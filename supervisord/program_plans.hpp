// How to start a process: its specification with what is the same for all of this daemon's. Owned
// by the daemon, on its loop.
#pragma once

#include <sys/resource.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/keeper/spawn_plan.hpp"

namespace supervisord {

class ProgramPlans {
 public:
  /// `url` answers SUPERVISOR_SERVER_URL's value, "" when there is no server.
  explicit ProgramPlans(std::function<std::string()> url);

  /// RLIMIT_NOFILE for programs, since the keeper has raised its own. `text` is "SOFT HARD".
  void set_limits(const std::string& text);
  /// With `more` variables in the environment. Errors: as process::Surroundings::plan.
  common::Result<keeper::SpawnPlan> plan(const config::ProcessSpec& spec,
                                         const std::vector<std::string>& more) const;

 private:
  std::function<std::string()> url_;
  std::vector<std::string> environment_;  // this process's own, which programs inherit
  std::optional<rlimit> files_;
};

}  // namespace supervisord
