// A request's head as parsed: views into the bytes that it was parsed from. Plain values.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "asgi-worker/http/request.hpp"

namespace asgi_worker::http1 {

enum class Framing { none, length, chunked };

struct Head {
  std::string_view method;
  std::string_view raw_path;   // before '?'
  std::string_view query;      // after the first '?'
  std::string_view target;     // as it came, for logs
  std::string_view authority;  // of a target in absolute form; it stands in `host` too
  http::Version version = http::Version::http_1_1;
  std::span<const http::Field> fields;
  std::uint64_t section = 0;  // heads of the same number have the same fields; 0: nothing is known
  Framing framing = Framing::none;  // of the body; none: there is no body
  std::uint64_t content_length = 0;
  bool has_content_length = false;
  bool keep_alive = true;         // what the client wants, or its version means
  bool expects_continue = false;  // never for HTTP/1.0 or without a body
  bool takes_trailers = false;
  std::string_view upgrade;  // of an asked upgrade, else empty
};

}  // namespace asgi_worker::http1
