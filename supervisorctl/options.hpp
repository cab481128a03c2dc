// supervisorctl's command line and [supervisorctl], brought together: what the command line says
// wins.
#pragma once

#include <string>
#include <vector>

#include "common/error.hpp"

namespace supervisorctl {

struct CtlSettings {
  std::string serverurl = "http://localhost:9001";
  std::string username;
  std::string password;
  std::string prompt = "supervisor";
  std::string history_file;
};

struct Invocation {
  CtlSettings settings;
  bool help = false;
  bool interactive = false;  // -i
  std::string line;          // the action: all words joined and to be split again; "" for the shell
};

/// Reads the configuration file, unless the command line says all that it could. Errors: what
/// stands behind "Error: " in Supervisor's usage errors.
common::Result<Invocation> read_invocation(const std::string& program,
                                           const std::vector<std::string>& words);
std::string help_text(const std::string& program);

}  // namespace supervisorctl
