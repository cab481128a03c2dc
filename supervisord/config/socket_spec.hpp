// [socket:x]: a listening socket that programs are given (their `sockets=x`). OURS; Supervisor has
// only [fcgi-program:x]'s. Uses: sd_listen_fds(3).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/expand.hpp"
#include "supervisord/config/files.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/report.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

std::span<const std::string_view> socket_options();

/// All that are good, in the files' order. Two of one address, or one of `servers`, are an error.
std::vector<SocketSpec> read_sockets(const RawFiles& files, const common::Names& names,
                                     std::span<const ServerSpec> servers,
                                     const Surroundings& surroundings, Report& report);

/// Warns of each that no process of `groups` names: nobody opens it.
void warn_of_unused(const RawFiles& files, std::span<const SocketSpec> sockets,
                    std::span<const GroupSpec> groups, Report& report);

}  // namespace supervisord::config
