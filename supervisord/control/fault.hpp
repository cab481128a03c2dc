// One list of refusals, mapped by each API to its own codes. Names are Supervisor's fault names.
#pragma once

namespace supervisord::control {

enum class Fault {
  none,
  unknown_method,
  shutdown_state,
  bad_name,  // no such process, or no such group
  bad_signal,
  no_file,
  not_executable,
  failed,
  abnormal_termination,
  spawn_error,
  already_started,
  not_running,
  already_added,
  still_running,
  cant_reread,
  bad_arguments,
};

}  // namespace supervisord::control
