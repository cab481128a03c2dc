// Which processes a person means: "web", "group:web", "group:*", "group:", "all". Source:
// Supervisor manual, "supervisorctl".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"
#include "supervisord/process/table.hpp"

namespace supervisord::control {

struct Selector {
  bool all = false;
  std::string group;
  std::string process;  // "" for the whole group
};

/// "web" is process web of group web. Splits at the first colon.
Selector parse_selector(std::string_view text);

/// In the selectors' order, a group's in order of priority; for "all", or no selector, by group and
/// process name. What is named twice comes twice. Errors: Errc::not_found, its context the selector
/// that names nothing.
common::Result<std::vector<process::Process*>> resolve(const process::Table& table,
                                                       const std::vector<std::string>& selectors);

}  // namespace supervisord::control
