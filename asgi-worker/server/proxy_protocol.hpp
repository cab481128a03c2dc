// The PROXY protocol's preface, by which a load balancer says whose connection it passes on: text
// (version 1) or binary (version 2), before the first request. Pure.
// Source: haproxy.org, "The PROXY protocol", 2.1 and 2.2. TCP only, as with Gunicorn.
#pragma once

#include <cstddef>
#include <string_view>

#include "asgi-worker/http/request.hpp"

namespace asgi_worker::server {

enum class ProxyProtocol { off, v1, v2, any };

struct Preface {
  enum class Kind {
    need_more,
    none,     // the connection begins with something else
    local,    // the proxy speaks for itself, or does not say for whom
    proxied,  // for `client`, who connected to `server`
    bad,
  };
  Kind kind = Kind::none;
  std::size_t size = 0;  // of the preface: what follows is HTTP
  http::Endpoint client = {};
  http::Endpoint server = {};
};

/// `bytes` is all that has come so far.
Preface parse_preface(std::string_view bytes, ProxyProtocol wanted);

}  // namespace asgi_worker::server
