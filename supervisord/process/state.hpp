// A process's state, as Supervisor spells and numbers it. Source: Supervisor manual, "Process
// States".
#pragma once

#include <string_view>

namespace supervisord::process {

enum class State { stopped, starting, running, backoff, stopping, exited, fatal, unknown };

/// "RUNNING"
constexpr std::string_view state_name(State state) {
  switch (state) {
    case State::stopped: return "STOPPED";
    case State::starting: return "STARTING";
    case State::running: return "RUNNING";
    case State::backoff: return "BACKOFF";
    case State::stopping: return "STOPPING";
    case State::exited: return "EXITED";
    case State::fatal: return "FATAL";
    case State::unknown: return "UNKNOWN";
  }
  return "UNKNOWN";
}

/// XML-RPC's number.
constexpr int state_code(State state) {
  switch (state) {
    case State::stopped: return 0;
    case State::starting: return 10;
    case State::running: return 20;
    case State::backoff: return 30;
    case State::stopping: return 40;
    case State::exited: return 100;
    case State::fatal: return 200;
    case State::unknown: return 1000;
  }
  return 1000;
}

/// Where start answers ALREADY_STARTED and stop has something to do.
constexpr bool is_up(State state) {
  return state == State::starting || state == State::running || state == State::backoff;
}
constexpr bool is_down(State state) {
  return state == State::stopped || state == State::exited || state == State::fatal ||
         state == State::unknown;
}
constexpr bool is_signallable(State state) {
  return state == State::starting || state == State::running || state == State::stopping;
}

}  // namespace supervisord::process
