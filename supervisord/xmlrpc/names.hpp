// Which processes an argument names: "web", "group:web", "group:*" or "group:". Unlike on the
// command line, "all" is a name like any other here.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/control/control.hpp"

namespace supervisord::xmlrpc {

/// The group that "group:*" or "group:" stands for; none: it names one process.
std::optional<std::string> group_of(std::string_view name);

/// None: no such process, or a group.
std::optional<process::Status> find_process(control::Control& control, std::string_view name);
/// By priority; none: no such group.
std::optional<std::vector<process::Status>> find_group(control::Control& control,
                                                       std::string_view group);
/// By the groups' priority, then the processes'.
std::vector<process::Status> all_processes(control::Control& control);

/// The selector of exactly this process.
std::string selector_of(const process::Status& status);

}  // namespace supervisord::xmlrpc
