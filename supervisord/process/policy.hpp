// What a process's machine goes by, from its section. Pure.
#pragma once

#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/process/machine.hpp"

namespace supervisord::process {

Policy policy_of(const config::ProcessSpec& spec, const config::ExitOn& exit_on);

}  // namespace supervisord::process
