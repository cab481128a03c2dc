// Where supervisord and supervisorctl look for a configuration file that is not named. Pure but for
// `exists`. Source: Supervisor manual, "Configuration File".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace common {

/// In the order of looking; `argv0` is the program as it was called.
std::vector<std::string> config_candidates(const std::string& argv0);
std::optional<std::string> find_config(const std::string& argv0,
                                       const std::function<bool(const std::string&)>& exists);

}  // namespace common
