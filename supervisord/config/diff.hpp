// What a reread found: groups compared by name. Pure. Source: Supervisor, "reread".
#pragma once

#include <span>
#include <string>
#include <vector>

#include "supervisord/config/process_spec.hpp"

namespace supervisord::config {

struct Diff {
  std::vector<std::string> added;  // names, sorted
  std::vector<std::string> changed;
  std::vector<std::string> removed;

  friend bool operator==(const Diff&, const Diff&) = default;
};

Diff diff(std::span<const GroupSpec> before, std::span<const GroupSpec> after);
/// Whether a reread would leave the group alone: AUTO log files equal any, users their uid only.
bool is_same(const GroupSpec& before, const GroupSpec& after);

}  // namespace supervisord::config
