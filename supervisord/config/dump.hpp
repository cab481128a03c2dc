// What is in force for one process, in the INI's spelling: for a person to read. Pure.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "supervisord/config/process_spec.hpp"

namespace supervisord::config {

/// (option, value) in the order of the manual. An option that is not set (user, umask, directory)
/// is left out.
std::vector<std::pair<std::string, std::string>> dump(const ProcessSpec& spec);
/// What its group has beside: [eventlistener:x]'s and [fcgi-program:x]'s own options. Empty for a
/// plain group.
std::vector<std::pair<std::string, std::string>> dump_kind(const GroupSpec& group);
/// Both, the process's group being among `groups`.
std::vector<std::pair<std::string, std::string>> dump(const ProcessSpec& spec,
                                                      std::span<const GroupSpec> groups);

}  // namespace supervisord::config
