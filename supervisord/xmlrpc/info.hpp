// The structs that describe processes. Pure.
#pragma once

#include <string>

#include "supervisord/control/control.hpp"
#include "supervisord/xmlrpc/value.hpp"

namespace supervisord::xmlrpc {

/// getProcessInfo's.
Value process_info(const process::Status& status, process::WallTime now);

/// The log files of a process that is in use, where the configuration leaves their names to the
/// daemon; "" when it is not in use.
struct AutoLogs {
  std::string stdout_logfile;
  std::string stderr_logfile;
};
/// getAllConfigInfo's.
Value config_info(const control::ConfiguredProcess& configured, const AutoLogs& logs);

}  // namespace supervisord::xmlrpc
