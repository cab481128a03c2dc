#include "supervisord/start_lines.hpp"

#include <fmt/format.h>

#include "common/repr.hpp"

namespace supervisord {

using common::Level;

Lines start_lines(const config::Config& config, uid_t uid) {
  Lines out;
  if (uid == 0 && !config.daemon.user) {
    out.emplace_back(Level::critical,
                     "Supervisor is running as root.  Privileges were not dropped because no user "
                     "is specified in the config file.  If you intend to run as root, you can set "
                     "user=root in the config file to avoid this message.");
  }
  if (config.daemon.user) {
    out.emplace_back(Level::info,
                     fmt::format("Set uid to user {} succeeded", config.daemon.user->uid));
  }
  for (const auto& line : config.notices) out.emplace_back(Level::info, line);
  for (const auto& line : config.warnings) out.emplace_back(Level::warn, line);
  return out;
}

Lines serving_lines(const std::vector<config::ServerSpec>& servers) {
  Lines out;
  for (const auto& server : servers) {
    out.emplace_back(Level::info, "RPC interface 'supervisor' initialized");
    if (server.username.empty()) {
      out.emplace_back(Level::critical,
                       fmt::format("Server {} running without any HTTP authentication checking",
                                   common::repr(server.section)));
    }
  }
  return out;
}

Lines background_lines(const config::DaemonSpec& daemon) {
  Lines out;
  if (!daemon.nodaemon) out.emplace_back(Level::info, "daemonizing the supervisord process");
  if (daemon.directory) {
    out.emplace_back(Level::info, "set current directory: " + common::repr(*daemon.directory));
  }
  return out;
}

}  // namespace supervisord
