// [program:x], [eventlistener:x] or [fcgi-program:x] into the processes that it describes, each
// with all its options resolved. Source: Supervisor manual, "[program:x] Section Values".
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/expand.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/report.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// What all programs of one load share. The caller keeps what it refers to alive.
struct ProgramContext {
  const common::Names& names;  // host_node_name and ENV_, [supervisord]'s environment among them
  const DaemonSpec& daemon;
  const Surroundings& surroundings;
  Report& report;
  std::span<const SocketSpec> sockets = {};  // that programs may name
};

/// Every option of a [program:x]; event listeners and fcgi programs have them too.
std::span<const std::string_view> program_options();

/// The processes by name. Empty when something is wrong (it is reported) or numprocs says so.
std::vector<ProcessSpec> read_program(const RawSection& raw, const std::string& group,
                                      const ProgramContext& context);

}  // namespace supervisord::config
