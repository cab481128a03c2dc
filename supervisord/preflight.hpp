// The first life of a daemon: reads the configuration, tells its errors to the terminal, binds the
// sockets, and leaves to the keeper what the second life starts from.
#pragma once

#include "common/error.hpp"
#include "supervisord/daemon.hpp"
#include "supervisord/spawner/keeper_launcher.hpp"

namespace supervisord {

/// The files as `source` names them. Errors: every error in them, a line each.
common::Result<config::Config> read_configuration(const Source& source);

/// What `supervisord --check` says: the files' errors and warnings and a line that counts them.
/// Binds and starts nothing.
struct CheckReport {
  std::string text;
  bool good = false;
};
CheckReport check_configuration(const Source& source);

/// Errors: every error of the configuration, a line each, or why a socket cannot be bound.
common::Result<void> run_preflight(const Source& source, spawner::KeeperLauncher& keeper);

}  // namespace supervisord
