#include "supervisord/xmlrpc/fault.hpp"

namespace supervisord::xmlrpc {

std::string_view fault_name(FaultCode code) {
  switch (code) {
    case FaultCode::unknown_method: return "UNKNOWN_METHOD";
    case FaultCode::incorrect_parameters: return "INCORRECT_PARAMETERS";
    case FaultCode::bad_arguments: return "BAD_ARGUMENTS";
    case FaultCode::signature_unsupported: return "SIGNATURE_UNSUPPORTED";
    case FaultCode::shutdown_state: return "SHUTDOWN_STATE";
    case FaultCode::bad_name: return "BAD_NAME";
    case FaultCode::bad_signal: return "BAD_SIGNAL";
    case FaultCode::no_file: return "NO_FILE";
    case FaultCode::not_executable: return "NOT_EXECUTABLE";
    case FaultCode::failed: return "FAILED";
    case FaultCode::abnormal_termination: return "ABNORMAL_TERMINATION";
    case FaultCode::spawn_error: return "SPAWN_ERROR";
    case FaultCode::already_started: return "ALREADY_STARTED";
    case FaultCode::not_running: return "NOT_RUNNING";
    case FaultCode::success: return "SUCCESS";
    case FaultCode::already_added: return "ALREADY_ADDED";
    case FaultCode::still_running: return "STILL_RUNNING";
    case FaultCode::cant_reread: return "CANT_REREAD";
  }
  return "FAILED";
}

Fault fault(FaultCode code) { return {code, std::string{fault_name(code)}}; }

Fault fault(FaultCode code, std::string_view detail) {
  Fault out = fault(code);
  out.text += ": ";
  out.text += detail;
  return out;
}

FaultCode code_of(control::Fault fault) {
  switch (fault) {
    case control::Fault::none: return FaultCode::success;
    case control::Fault::unknown_method: return FaultCode::unknown_method;
    case control::Fault::shutdown_state: return FaultCode::shutdown_state;
    case control::Fault::bad_name: return FaultCode::bad_name;
    case control::Fault::bad_signal: return FaultCode::bad_signal;
    case control::Fault::no_file: return FaultCode::no_file;
    case control::Fault::not_executable: return FaultCode::not_executable;
    case control::Fault::failed: return FaultCode::failed;
    case control::Fault::abnormal_termination: return FaultCode::abnormal_termination;
    case control::Fault::spawn_error: return FaultCode::spawn_error;
    case control::Fault::already_started: return FaultCode::already_started;
    case control::Fault::not_running: return FaultCode::not_running;
    case control::Fault::already_added: return FaultCode::already_added;
    case control::Fault::still_running: return FaultCode::still_running;
    case control::Fault::cant_reread: return FaultCode::cant_reread;
    case control::Fault::bad_arguments: return FaultCode::bad_arguments;
  }
  return FaultCode::failed;
}

}  // namespace supervisord::xmlrpc
