#include "common/wait_status.hpp"

#include <sys/wait.h>

#include "common/signals.hpp"

namespace common {

std::string wait_status_text(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "unknown termination cause " + std::to_string(status);
  return "terminated by " + signal_name(WTERMSIG(status)) +
         (WCOREDUMP(status) ? " (core dumped)" : "");
}

}  // namespace common
