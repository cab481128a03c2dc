// From a process as configured to what the keeper needs to start it. Pure: what must be looked up
// comes in as values, or through the probe.
// Source: Supervisor manual, "[program:x] Section Values"; its options.py, check_execv_args.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/keeper/spawn_plan.hpp"

namespace supervisord::spawner {

struct FileFacts {
  bool is_directory = false;
  bool has_execute_bit = false;  // anybody's
  bool may_execute = false;      // this process may
};
/// Nothing when there is no such file.
using FileProbe = std::function<std::optional<FileFacts>(const std::string& path)>;
/// stat and access of the real file system.
std::optional<FileFacts> probe_file(const std::string& path);

/// A word with a '/' as it is; else the first entry of `path` under which there is anything.
/// Errors, as Supervisor has them: ENOENT "can't find command 'X'", EISDIR "command at 'X' is a
/// directory", ENOEXEC "command at 'X' is not executable", EACCES "no permission to run command
/// 'X'".
common::Result<std::string> find_executable(std::string_view word, std::string_view path,
                                            const FileProbe& probe);

/// What is the same for all processes of this daemon.
struct DaemonFacts {
  std::vector<std::string> environment;  // its own, "KEY=VALUE"
  std::string server_url;                // AUTO's value; "" when there is no server
  uid_t uid = 0;
};

/// "group:process": the child's name towards the keeper.
std::string child_name(const config::ProcessSpec& spec);
/// The value of PATH that the command is looked up in: the program's, else the daemon's, else a
/// fixed one.
std::string search_path(const config::ProcessSpec& spec, const DaemonFacts& daemon);
/// The whole environment: the daemon's, then SUPERVISOR_*, then the configured one; later ones win.
/// HOME, USER and so on stay the daemon's, whatever `user` is.
std::vector<std::string> environment_of(const config::ProcessSpec& spec, const DaemonFacts& daemon);

/// `argv` is the command split into words, `executable` what find_executable() made of the first,
/// `targets` the numbers in the child of the descriptors that go along.
keeper::SpawnPlan make_plan(const config::ProcessSpec& spec, std::vector<std::string> argv,
                            std::string executable, std::vector<int> targets,
                            const DaemonFacts& daemon);

}  // namespace supervisord::spawner
