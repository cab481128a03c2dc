// What an update would do: groups in force against groups as configured. Pure. Source: Supervisor
// manual, "reread".
#pragma once

#include <string>
#include <vector>

#include "supervisord/config/process_spec.hpp"

namespace supervisord::config {

struct Diff {  // names, sorted
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

Diff diff(const std::vector<GroupSpec>& in_force, const std::vector<GroupSpec>& configured);

}  // namespace supervisord::config
