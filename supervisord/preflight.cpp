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
