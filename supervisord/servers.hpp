// The daemon's own servers: the sockets of [unix_http_server] and [inet_http_server], held by the
// keeper, and both APIs on them. Owned by the daemon; on its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <vector>

#include "common/held.hpp"
#include "supervisord/api/server.hpp"
#include "supervisord/config/server_spec.hpp"
#include "supervisord/web/connections.hpp"
#include "supervisord/web/page_handlers.hpp"

namespace supervisord {

/// Of a [grpc_server].
api::RemoteAccess remote_access(const config::ServerSpec& spec);

class Servers {
 public:
  Servers(boost::asio::io_context& io, control::Control& control, common::Holder& holder);

  /// Serves on the sockets in `records` ("socket:SECTION"), which it takes out; binds those that
  /// are not there.
  common::Result<void> open(const std::vector<config::ServerSpec>& specs,
                            std::vector<common::Held>& records);
  /// Those that are as they were keep their sockets and connections.
  common::Result<void> replace(const std::vector<config::ServerSpec>& specs);
  /// Ends all connections and removes the Unix sockets' files.
  void shutdown();
  /// Ends all connections; the sockets go on with the next daemon.
  void hand_over();
  /// SUPERVISOR_SERVER_URL: the first Unix socket, else the first address; none when there is no
  /// server.
  std::optional<std::string> url() const;

 private:
  common::Result<void> open_one(const config::ServerSpec& spec, common::UniqueFd held);

  void take_http(api::HttpConnection connection);

  common::Holder& holder_;
  control::Audit audit_;  // of changes by XML-RPC and the page
  web::PageHandlers pages_;
  web::Connections connections_;  // their exchanges use pages_
  api::Server api_;               // hands connections to connections_
  std::vector<config::ServerSpec> specs_;
};

}  // namespace supervisord
