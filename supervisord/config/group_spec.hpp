// [group:x] and the programs, pools of listeners and fcgi programs that stand alone, into the
// groups of the daemon. Source: Supervisor manual, "[group:x] Section Settings".
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "supervisord/config/files.hpp"
#include "supervisord/config/program_spec.hpp"

namespace supervisord::config {

std::span<const std::string_view> group_options();

/// By (priority, name). What is wrong is reported.
std::vector<GroupSpec> read_groups(const RawFiles& files, const ProgramContext& context);

}  // namespace supervisord::config
