#include "supervisord/preflight.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <span>
#include <string>

#include "supervisord/config/codec.hpp"
#include "supervisord/config/load.hpp"
#include "supervisord/config/real_surroundings.hpp"
#include "supervisord/listening.hpp"

namespace supervisord {
namespace {

keeper::Preflight preflight_of(const config::DaemonSpec& daemon) {
  keeper::Preflight out;
  out.nodaemon = daemon.nodaemon;
  if (daemon.user && daemon.user->uid != ::getuid()) {
    out.identity = keeper::Identity{daemon.user->uid, daemon.user->gid, daemon.user->groups};
  }
  out.umask = daemon.umask;
  out.directory = daemon.directory;
  out.files = daemon.minfds;
  out.processes = daemon.minprocs;
  out.pidfile = daemon.pidfile;
  out.rundir = daemon.rundir;
  return out;
}

/// Whether the limit can be raised to what the configuration asks for. It is put back.
bool can_raise(__rlimit_resource_t resource, rlimit now, rlim_t wanted) {
  if (now.rlim_cur >= wanted) return true;
  const rlimit raised{wanted, std::max(wanted, now.rlim_max)};
  if (::setrlimit(resource, &raised) != 0) return false;
  ::setrlimit(resource, &now);
  return true;
}

/// Errors: Supervisor's texts.
common::Result<void> check_limits(const config::DaemonSpec& daemon) {
  rlimit files{};
  rlimit processes{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NPROC, &processes);
  const auto refused = [](const std::string& what, const std::string& thing,
                          const std::string& option, std::uint64_t wanted, rlim_t hard) {
    return common::Error{
        std::make_error_code(std::errc::operation_not_permitted),
        "The minimum number of " + what + " required to run this process is " +
            std::to_string(wanted) + " as per the \"" + option +
            "\" command-line argument or config file setting. The current environment will only "
            "allow you to open " +
            std::to_string(hard) + " " + thing + ".  Either raise the number of usable " + thing +
            " in your environment or lower the " + option +
            " setting in the config file to allow the process to start."};
  };
  if (!can_raise(RLIMIT_NOFILE, files, daemon.minfds)) {
    return refused("file descriptors", "file descriptors", "minfds", daemon.minfds, files.rlim_max);
  }
  if (!can_raise(RLIMIT_NPROC, processes, daemon.minprocs)) {
    return refused("available processes", "processes", "minprocs", daemon.minprocs,
                   processes.rlim_max);
  }
  return {};
}

std::string counted(std::size_t count, const std::string& what, const std::string& plural = "s") {
  return std::to_string(count) + " " + what + (count == 1 ? "" : plural);
}

}  // namespace

common::Result<config::Config> read_configuration(const Source& source) {
  const config::RealSurroundings world;
  auto loaded = config::load(source.file, source.overrides, world);
  if (loaded.config) return *std::move(loaded.config);
  std::string text;
  for (const auto& error : loaded.errors) text += (text.empty() ? "" : "\n") + error;
  return common::Error{common::Errc::bad_value, text};
}

CheckReport check_configuration(const Source& source) {
  const config::RealSurroundings world;
  const auto loaded = config::load(source.file, source.overrides, world);
  CheckReport report{.text = {}, .good = loaded.config.has_value()};
  for (const auto& error : loaded.errors) report.text += "Error: " + error + "\n";
  for (const auto& warning : loaded.warnings) report.text += "Warning: " + warning + "\n";
  std::string counts =
      counted(loaded.errors.size(), "error") + ", " + counted(loaded.warnings.size(), "warning");
  if (loaded.config) {
    std::size_t processes = 0;
    for (const auto& group : loaded.config->groups) processes += group.processes.size();
    counts += ", " + counted(loaded.config->groups.size(), "group") + ", " +
              counted(processes, "process", "es");
  }
  report.text += source.file + ": " + counts + "\n";
  return report;
}

common::Result<void> run_preflight(const Source& source, spawner::KeeperLauncher& keeper) {
  const auto loaded = read_configuration(source);
  if (!loaded) return loaded.error();
  const config::Config& config = *loaded;
  if (config.daemon.user && ::getuid() != 0 && config.daemon.user->uid != ::getuid()) {
    return common::Error{std::make_error_code(std::errc::operation_not_permitted),
                         "Can't drop privilege as nonroot user"};
  }
  if (const auto limits = check_limits(config.daemon); !limits) return limits.error();
  for (const auto& server : config.servers) {
    auto bound = listen_for(server);
    if (!bound) return bound.error();
    const int fd = bound->get();
    keeper.put("socket:" + server.section, "", std::span{&fd, 1});
  }
  keeper.put("config", config::encode(config), {});
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);  // the keeper raises its own; programs start from this one
  files.rlim_cur = std::max<rlim_t>(files.rlim_cur, config.daemon.minfds);
  files.rlim_max = std::max(files.rlim_cur, files.rlim_max);
  keeper.put("limits", std::to_string(files.rlim_cur) + " " + std::to_string(files.rlim_max), {});
  keeper.preflight(preflight_of(config.daemon));
  return {};
}

}  // namespace supervisord
