// The interactive shell: the status, then an action from each line until quit, exit or the end of
// the input. On a terminal lines are edited, completed and remembered.
#pragma once

#include <string>

#include "supervisorctl/command.hpp"

namespace supervisorctl {

/// The status of the whole is always 0, as with Supervisor. `history_file`: "" for none.
int run_shell(Session& session, const std::string& prompt, const std::string& history_file);

}  // namespace supervisorctl
