// supervisorctl's command line and [supervisorctl], brought together: what the command line says
// wins.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/options.hpp"
#include "supervisorctl/client.hpp"
#include "supervisorctl/command.hpp"

namespace supervisorctl {

struct CtlSettings {
  std::string serverurl = "http://localhost:9001";
  std::string username;
  std::string password;
  std::string prompt = "supervisor";
  std::string history_file;
  Security security;
};

struct Invocation {
  CtlSettings settings;
  AddressOrigin origin;
  bool help = false;
  bool interactive = false;  // -i
  std::string line;          // the action: all words joined and to be split again; "" for the shell
};

/// Reads the configuration file, unless the command line says all that it could. Errors: what
/// stands behind "Error: " in Supervisor's usage errors.
common::Result<Invocation> read_invocation(const std::string& program,
                                           const std::vector<std::string>& words);
std::string help_text(const std::string& program);
/// The options, for completion and manual.
std::span<const common::Option> options();

}  // namespace supervisorctl
