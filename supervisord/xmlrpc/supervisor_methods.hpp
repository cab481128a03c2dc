// What the methods of the namespace `supervisor` do. The arguments' number was checked; an argument
// of a wrong type is INCORRECT_PARAMETERS.
#pragma once

#include "supervisord/xmlrpc/methods.hpp"

namespace supervisord::xmlrpc {

// The daemon.
Answer get_api_version(control::Control& control, const Array& arguments);
Answer get_supervisor_version(control::Control& control, const Array& arguments);
Answer get_identification(control::Control& control, const Array& arguments);
Answer get_state(control::Control& control, const Array& arguments);
Answer get_pid(control::Control& control, const Array& arguments);
Answer shutdown(control::Control& control, const Array& arguments);
Answer restart(control::Control& control, const Array& arguments);
Answer send_remote_comm_event(control::Control& control, const Array& arguments);

// The configuration.
Answer reload_config(control::Control& control, const Array& arguments);
Answer add_process_group(control::Control& control, const Array& arguments);
Answer remove_process_group(control::Control& control, const Array& arguments);
Answer get_all_config_info(control::Control& control, const Array& arguments);

// The processes.
Answer get_process_info(control::Control& control, const Array& arguments);
Answer get_all_process_info(control::Control& control, const Array& arguments);
void start_process(const SessionPtr& session, const Array& arguments, Reply reply);
void start_process_group(const SessionPtr& session, const Array& arguments, Reply reply);
void start_all_processes(const SessionPtr& session, const Array& arguments, Reply reply);
void stop_process(const SessionPtr& session, const Array& arguments, Reply reply);
void stop_process_group(const SessionPtr& session, const Array& arguments, Reply reply);
void stop_all_processes(const SessionPtr& session, const Array& arguments, Reply reply);
Answer signal_process(control::Control& control, const Array& arguments);
Answer signal_process_group(control::Control& control, const Array& arguments);
Answer signal_all_processes(control::Control& control, const Array& arguments);
Answer send_process_stdin(control::Control& control, const Array& arguments);

// The logs.
Answer read_log(control::Control& control, const Array& arguments);
Answer clear_log(control::Control& control, const Array& arguments);
Answer read_process_stdout_log(control::Control& control, const Array& arguments);
Answer read_process_stderr_log(control::Control& control, const Array& arguments);
Answer tail_process_stdout_log(control::Control& control, const Array& arguments);
Answer tail_process_stderr_log(control::Control& control, const Array& arguments);
Answer clear_process_logs(control::Control& control, const Array& arguments);
Answer clear_all_process_logs(control::Control& control, const Array& arguments);

}  // namespace supervisord::xmlrpc
