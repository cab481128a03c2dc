#include "supervisord/listening.hpp"

#include <fmt/format.h>

#include "common/bind.hpp"

namespace supervisord {

common::Result<common::UniqueFd> listen_for(const config::ServerSpec& server) {
  common::BindOptions options;
  options.backlog = 1024;
  common::Address address;
  if (!server.unix_path.empty()) {
    address = common::UnixAddress{server.unix_path};
    options.unix_mode = server.mode;
    options.unix_user = server.owner;
    options.unix_group = server.owner_group;
  } else {
    address = common::TcpAddress{server.host.empty() ? "0.0.0.0" : server.host, server.port};
  }
  auto bound = common::bind_address(address, options);
  if (bound) return bound;
  const auto& error = bound.error();
  if (error.code == std::errc::address_in_use) {
    return common::Error{
        error.code,
        fmt::format(
            "Another program is already listening on a port that one of our HTTP servers is "
            "configured to use.  Shut this program down first before starting supervisord. "
            "([{}]: {})",
            server.section, error.context)};
  }
  return common::Error{
      error.code,
      fmt::format("Cannot open an HTTP server: socket.error reported errno.{} ({}) ([{}]: {})",
                  common::errno_name(error.code.value()), error.code.value(), server.section,
                  error.context)};
}

}  // namespace supervisord
