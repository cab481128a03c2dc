// The daemon: wires keeper, logs, processes, control and API; starts, takes over, reloads, ends.
// One of the two files that know all parts. One loop, one thread; gRPC's threads post onto it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "supervisord/config/config.hpp"
#include "supervisord/config/load.hpp"
#include "supervisord/spawner/keeper_launcher.hpp"

namespace supervisord {

/// Where the configuration comes from: what the command line said.
struct Source {
  std::string file;  // absolute
  config::Overrides overrides;
};

class Daemon {
 public:
  /// `snapshot` is what the keeper answered; with no "config" record in it, this is an error.
  Daemon(boost::asio::io_context& io, spawner::KeeperLauncher& keeper, Source source);
  ~Daemon();
  /// Takes over what `snapshot` holds, serves, and returns when all is stopped: the suite's exit
  /// status. Errors: what kept it from starting, for standard error.
  common::Result<int> run(spawner::Snapshot snapshot);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace supervisord
