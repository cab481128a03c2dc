// [supervisord] exit_on: whether a change of state ends the suite, and with which exit status.
// Pure.
#pragma once

#include <optional>
#include <string>

#include "supervisord/config/server_spec.hpp"
#include "supervisord/process/process.hpp"

namespace supervisord {

struct SuiteEnd {
  int status = 0;    // of supervisord itself
  std::string line;  // for the log
};

/// `fatal`: a process is given up. `exit:NAME`: that process has ended by itself, or is given up.
/// The status is the program's own, 128 + n for a death by signal n; without one (nothing could be
/// started) 1.
std::optional<SuiteEnd> suite_end(const config::ExitOn& on, const process::StateChange& change);

}  // namespace supervisord
