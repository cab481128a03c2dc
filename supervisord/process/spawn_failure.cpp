#include "supervisord/process/spawn_failure.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "common/error.hpp"

namespace supervisord::process {
namespace {

bool is_identity(std::string_view step) {
  return step == "setuid" || step == "setgid" || step == "setgroups";
}

std::string identity_reason(const spawner::SpawnFailed& failed, const FailedSpawn& of) {
  if (!of.daemon_is_root) return "Can't drop privilege as nonroot user";
  if (failed.step == "setgroups") return "Could not set groups of effective user";
  if (failed.step == "setgid") return "Could not set group id of effective user";
  return common::errno_name(failed.error);
}

}  // namespace

bool is_after_fork(const spawner::SpawnFailed& failed) {
  return failed.step != "fork" && failed.step != "name" && failed.step != "descriptors";
}

std::string failure_text(const spawner::SpawnFailed& failed, const FailedSpawn& of) {
  const std::string error = common::errno_name(failed.error);
  if (failed.step == "fork") {
    if (failed.error == EAGAIN)
      return fmt::format("Too many processes in process table to spawn '{}'", of.process);
    return fmt::format("unknown error during fork for '{}': {}", of.process, error);
  }
  if (failed.step == "descriptors")
    return dispatchers_text({failed.error, std::generic_category()}, of.process);
  if (is_identity(failed.step))
    return fmt::format("couldn't setuid to {}: {}", of.user, identity_reason(failed, of));
  if (failed.step == "chdir")
    return fmt::format("couldn't chdir to {}: {}", failed.argument, error);
  if (failed.step == "exec") return fmt::format("couldn't exec {}: {}", of.word, error);
  return fmt::format("couldn't {}{}{}: {}", failed.step, failed.argument.empty() ? "" : " ",
                     failed.argument, error);
}

std::string dispatchers_text(const std::error_code& error, std::string_view process) {
  if (error == std::errc::too_many_files_open)
    return fmt::format("too many open files to spawn '{}'", process);
  return fmt::format(
      "unknown error making dispatchers for '{}': {}", process,
      error.category() == std::generic_category() || error.category() == std::system_category()
          ? common::errno_name(error.value())
          : error.message());
}

}  // namespace supervisord::process
