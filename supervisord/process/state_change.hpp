// What a process's machine announced, with what is known around it. A value.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "supervisord/process/state.hpp"

namespace supervisord::process {

struct StateChange {
  std::string group;
  std::string name;
  State from = State::stopped;
  State to = State::stopped;
  pid_t pid = 0;         // of the child that this is about, also when it has just ended
  int tries = 0;         // failed starts in a row
  bool expected = true;  // of an exit
  std::optional<int> wait_status = {};  // of the last exit, as waitpid gives it, if there was one
  /// The last run, once it has ended.
  struct Run {
    std::optional<std::chrono::milliseconds> ran;  // none: there was no process
    std::string why;                               // of a start that failed
  };
  Run run = {};
};

}  // namespace supervisord::process
