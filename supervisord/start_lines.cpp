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

namespace {

std::pair<Level, std::string> grpc_line(const config::ServerSpec& server) {
  const bool asks = !server.grpc->tokens_file.empty() || !server.grpc->client_ca.empty();
  const std::string line =
      fmt::format("gRPC at {}:{}, {}", server.host.empty() ? "*" : server.host, server.port,
                  server.grpc->certfile.empty() ? "plain text" : "TLS");
  if (asks) return {Level::info, line};
  return {Level::critical, line + ", without any authentication checking"};
}

}  // namespace

Lines serving_lines(const std::vector<config::ServerSpec>& servers) {
  Lines out;
  for (const auto& server : servers) {
    if (server.grpc) {
      out.push_back(grpc_line(server));
      continue;
    }
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
