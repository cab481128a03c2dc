// XML-RPC's faults: Supervisor's numbers and names, and what control's refusals are in them. Pure.
// Source: Supervisor manual, "XML-RPC API Documentation".
#pragma once

#include <string>
#include <string_view>

#include "supervisord/control/fault.hpp"

namespace supervisord::xmlrpc {

enum class FaultCode {
  unknown_method = 1,
  incorrect_parameters = 2,
  bad_arguments = 3,
  signature_unsupported = 4,
  shutdown_state = 6,
  bad_name = 10,
  bad_signal = 11,
  no_file = 20,
  not_executable = 21,
  failed = 30,
  abnormal_termination = 40,
  spawn_error = 50,
  already_started = 60,
  not_running = 70,
  success = 80,  // a status beside the faults, never one itself
  already_added = 90,
  still_running = 91,
  cant_reread = 92,
};

struct Fault {
  FaultCode code = FaultCode::failed;
  std::string text;  // "BAD_NAME", or "BAD_NAME: web"
};

std::string_view fault_name(FaultCode code);
Fault fault(FaultCode code);
Fault fault(FaultCode code, std::string_view detail);

/// Fault::none is success.
FaultCode code_of(control::Fault fault);

}  // namespace supervisord::xmlrpc
