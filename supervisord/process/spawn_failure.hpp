// Why a start failed, in Supervisor's words. Pure. Source: Supervisor, "spawnerr" and what its
// child writes before it ends with 127.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <system_error>

#include "supervisord/spawner/launcher.hpp"

namespace supervisord::process {

/// Whether there was a child already, which then ends as if by exit status 127: a failed step after
/// the fork. Else there was none, and the failure is a spawnerr.
bool is_after_fork(const spawner::SpawnFailed& failed);

struct FailedSpawn {
  std::string_view process;  // its name, without the group
  std::string_view word;     // the command's first one
  uid_t user = 0;            // of the program
  bool daemon_is_root = false;
};
/// "couldn't chdir to /x: ENOENT", "Too many processes in process table to spawn 'web'".
std::string failure_text(const spawner::SpawnFailed& failed, const FailedSpawn& of);

/// What is said when the pipes or the socket for a start cannot be made.
std::string dispatchers_text(const std::error_code& error, std::string_view process);

/// The status, as waitpid gives it, of a child that could not become its program.
inline constexpr int not_spawned_status = 127 << 8;

}  // namespace supervisord::process
