// All that a configuration says, resolved: what load() makes of files and what the keeper holds as
// last accepted.
#pragma once

#include <string>
#include <vector>

#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/server_spec.hpp"

namespace supervisord::config {

struct Config {
  std::string file;  // the main file, absolute; "" when it came from a stream
  DaemonSpec daemon;
  std::vector<ServerSpec> servers;
  std::vector<GroupSpec> groups;     // by (priority, name)
  std::vector<std::string> notices;  // lines for the log at INFO: "Included extra file ..."
  std::vector<std::string>
      warnings;  // lines for the log at WARN, each with its file, line, section and key
};

}  // namespace supervisord::config
