// Files -> Config, or every error in them, each with its place.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisord/config/config.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// What the command line says, by the option's name in [supervisord] ("logfile" -> "/x"): it beats
/// the files.
using Overrides = std::map<std::string, std::string, std::less<>>;

struct LoadResult {
  std::optional<Config> config;     // when there is no error
  std::vector<std::string> errors;  // "FILE:LINE: [SECTION] KEY: what is wrong (expected ...)"
};

/// Reads `path` and what it includes.
LoadResult load(const std::string& path, const Overrides& overrides, const Surroundings& world);

}  // namespace supervisord::config
