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
/// Whether a reread would leave the group alone. Not noticed, as with Supervisor: an AUTO log file
/// against any other, a user with the same uid, another owner, mode or backlog of an fcgi socket,
/// strip_ansi, the order of variables and of event types.
bool is_same(const GroupSpec& before, const GroupSpec& after);

}  // namespace supervisord::config
