#include "common/wait_status.hpp"

#include <sys/wait.h>

#include "common/signals.hpp"

namespace common {

std::string wait_status_text(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "unknown termination cause " + std::to_string(status);
  std::string text = "terminated by " + signal_name(WTERMSIG(status));
  if (WCOREDUMP(status)) text += " (core dumped)";
  return text;
}

}  // namespace common
