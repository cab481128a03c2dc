// [program:x] -> its processes, resolved for one group. Source: Supervisor manual, "[program:x]
// Section Settings".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/section.hpp"

namespace supervisord::config {

/// The options of [program:x], ours among them.
std::span<const std::string_view> program_options();

/// Errors go to the reader's diagnostics; what is returned is then not to be used. `environment` is
/// [supervisord]'s. `reader` has the names that all options of the section see.
std::vector<ProcessSpec> read_program(
    SectionReader& reader, const std::string& program, const std::string& group,
    const std::vector<std::pair<std::string, std::string>>& environment);

/// Whether a process, program or group may be called so; the text of what is wrong, or "".
std::string name_fault(std::string_view name);

}  // namespace supervisord::config
