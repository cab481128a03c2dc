// How a socket for programs listens, but for where: what [fcgi-program:x] and [socket:x] have in
// common.
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"
#include "supervisord/config/process_spec.hpp"
#include "supervisord/config/section.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

/// What a kind of section calls them.
struct ListenKeys {
  std::string_view backlog;
  std::string_view owner;
  std::string_view mode;
};

/// Reads them into `spec`; what is wrong is reported.
void read_listen_options(Section& section, const ListenKeys& keys, const Surroundings& surroundings,
                         ListenSpec& spec);

/// A Unix socket's path without `.` and `..`. Errors: it is longer than the system takes.
common::Result<std::string> parse_socket_path(std::string_view absolute_path);

}  // namespace supervisord::config
