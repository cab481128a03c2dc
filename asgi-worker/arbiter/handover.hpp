// From one arbiter to the next (USR2): the new one is our child for as long as we live, and has our
// sockets by their numbers. What it must know stands in its environment.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <vector>

#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

struct Handover {
  std::string sockets;    // as Sockets has them
  pid_t predecessor = 0;  // 0: there is none
};

/// What our predecessor has left us, taken out of the environment. GIL held.
Handover take_handover();

/// This process's command line, as it was started.
std::vector<std::string> own_command_line();

/// Starts `words` anew in `directory`, with `variables` besides what our environment has, and `fds`
/// open. GIL held. The new process's id; -1 with errno.
pid_t start_successor(std::vector<std::string> words, const std::string& directory,
                      const std::vector<std::string>& variables, std::span<const int> fds);

/// Readable when the process has ended; none when it has already.
common::UniqueFd watch_process(pid_t pid);

inline constexpr const char* sockets_variable = "ASGI_WORKER_SOCKETS";
inline constexpr const char* predecessor_variable = "ASGI_WORKER_PREDECESSOR";

}  // namespace asgi_worker::arbiter
