// Rotation by size as Supervisor names it (log -> log.1 -> ... -> log.N): which renames there are
// to do, so that they can be cut anywhere by a kill and run again without shifting a file twice.
// The plan is pure; run_rotation() carries it out.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/error.hpp"

namespace supervisord::log {

struct RotationStep {
  std::string from;
  std::string to;  // "": `from` is deleted
  friend bool operator==(const RotationStep&, const RotationStep&) = default;
};

/// "log.3"; "log" itself for 0.
std::string backup_path(const std::string& path, int number);

/// Moves path and its backups up by one, but only up to the first gap: after a kill the gap lies
/// where the renames stopped. `backups` is at least 1; `exists` says whether path.N is there.
std::vector<RotationStep> plan_rotation(const std::string& path, int backups,
                                        const std::function<bool(int number)>& exists);

/// Plans and runs; `before_step`, when set, is called before each step. Errors: errno of the step
/// that failed; those before it are done, and a later call goes on.
common::Result<void> run_rotation(const std::string& path, int backups,
                                  const std::function<void()>& before_step = {});

}  // namespace supervisord::log
