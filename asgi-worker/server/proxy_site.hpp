// Under what name, port and path clients know this server, as a trusted proxy says it in
// X-Forwarded-Host, X-Forwarded-Port and X-Forwarded-Prefix. Pure. Of a list the last member
// counts: the nearest proxy wrote it. What is not well formed counts as not said.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "asgi-worker/server/proxy.hpp"

namespace asgi_worker::server {

struct Site {
  http::Endpoint server;
  std::string authority;    // for the request's `host`; empty: that stays as it came
  std::string_view prefix;  // of paths, without a slash at its end; empty: none. A view of a field
};

/// What the proxy says beyond `own`, the address of the connection; none when it says nothing.
std::optional<Site> site_of(std::span<const http::Field> fields, const ForwardedFields& wanted,
                            const http::Endpoint& own, std::string_view scheme);

}  // namespace asgi_worker::server
