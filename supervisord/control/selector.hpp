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

/// Of what one selector names together: to show (all by group and process name), to start (by
/// priority of group and process), to stop (the other way round, as Supervisor's manual has it; its
/// code takes the order of starts).
enum class Order { to_show, to_start, to_stop };

/// In the selectors' order; "all", or no selector, is everything, and a group its processes. What
/// is named twice comes twice. Errors: Errc::not_found, its context the selector that names
/// nothing.
common::Result<std::vector<process::Process*>> resolve(const process::Table& table,
                                                       const std::vector<std::string>& selectors,
                                                       Order order = Order::to_show);

}  // namespace supervisord::control
