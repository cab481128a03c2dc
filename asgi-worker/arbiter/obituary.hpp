// What is said of a worker that has ended: how, and what was around it. Pure.
#pragma once

#include <sys/types.h>

#include <string>

namespace asgi_worker::arbiter {

/// Where the arbiter looks when a worker has died.
struct Circumstances {
  bool out_of_memory = false;  // the kernel has killed for want of memory since the last look
  long most_rss_kib = 0;
  std::string last_request = {};  // "GET /path", the last one that it took
};

struct Obituary {
  bool is_expected;
  std::string cause;  // "exit status 3", "was sent SIGKILL! Perhaps out of memory?"
  std::string text;   // the whole line, in gunicorn's words, since people search for them
};

/// `status` as waitpid gives it; `was_told`: to end.
Obituary obituary(pid_t pid, int status, bool was_told, const Circumstances& around);

}  // namespace asgi_worker::arbiter
