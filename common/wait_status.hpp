// waitpid's number in words, as Supervisor's log has it. Pure.
#pragma once

#include <string>

namespace common {

/// "exit status 3", "terminated by SIGKILL", "terminated by SIGSEGV (core dumped)".
std::string wait_status_text(int status);

}  // namespace common
