// supervisord's command line. Source: Supervisor manual, "supervisord Command-Line Options".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/options.hpp"
#include "supervisord/config/load.hpp"

namespace supervisord {

struct Options {
  bool help = false;
  bool version = false;
  bool check = false;
  std::optional<std::string> configuration;
  config::Overrides overrides;
};

/// Errors: Supervisor's usage errors, one line.
common::Result<Options> parse_command_line(const std::vector<std::string>& words);
std::string help_text(const std::string& program);
/// For the manual.
std::span<const common::Option> option_table();

}  // namespace supervisord
