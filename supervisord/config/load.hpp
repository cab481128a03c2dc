// Files into a Config, or all that is wrong with them. Pure: the world is what `surroundings` says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisord/config/config.hpp"
#include "supervisord/config/overrides.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

struct LoadResult {
  std::optional<Config> config;  // none when there are errors
  std::vector<std::string>
      errors;  // a line each, with file, line, section, key, Supervisor's words
  std::vector<std::string> warnings = {};  // the Config's, also when there is none
};

/// Reads `path` and what it includes.
LoadResult load(const std::string& path, const Overrides& overrides,
                const Surroundings& surroundings);

}  // namespace supervisord::config
