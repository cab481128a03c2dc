// [unix_http_server] and [inet_http_server], also with :NAME behind; and the list of all servers.
// Source: Supervisor manual, "[unix_http_server] Section Values", "[inet_http_server] Section
// Values".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisord/config/files.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/config/surroundings.hpp"

namespace supervisord::config {

std::span<const std::string_view> unix_server_options();
std::span<const std::string_view> inet_server_options();

struct TcpAddress {
  std::string host;  // "" for all interfaces
  std::uint16_t port = 0;
};

/// PORT, :PORT, *:PORT, HOST:PORT.
common::Result<TcpAddress> parse_tcp_address(std::string_view text);

/// "unix_http_server" or "unix_http_server:x" for a `kind` of "unix_http_server".
bool is_server_section(std::string_view section, std::string_view kind);

/// Those on TCP, then those on Unix sockets, each in the files' order: Supervisor's order of
/// opening; then those of gRPC alone. What is wrong is reported.
std::vector<ServerSpec> read_servers(const RawFiles& files, const common::Names& names,
                                     const Surroundings& surroundings, Report& report);

}  // namespace supervisord::config
