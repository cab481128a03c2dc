// The daemon's own listening sockets, from [unix_http_server] and [inet_http_server].
#pragma once

#include "common/error.hpp"
#include "common/unique_fd.hpp"
#include "supervisord/config/server_spec.hpp"

namespace supervisord {

/// Bound, listening, non-blocking. A stale Unix socket is taken over. Errors: Supervisor's texts.
common::Result<common::UniqueFd> listen_for(const config::ServerSpec& server);

}  // namespace supervisord
