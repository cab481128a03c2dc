// What the options say about the HTTP server of a worker, in the server's own terms. Pure.
#pragma once

#include "asgi-worker/options/options.hpp"
#include "asgi-worker/server/settings.hpp"
#include "common/error.hpp"

namespace asgi_worker::worker {

/// Errors: Errc::bad_value, with the option's name.
common::Result<server::Settings> server_settings(const options::Options& options);

}  // namespace asgi_worker::worker
