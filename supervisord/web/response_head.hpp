// A Response's status line and fields as they go out, and the framing of its body. Pure but for the
// date, which is an argument. Source: RFC 9110, RFC 9112.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

enum class Framing {
  length,       // the body is in the Response
  chunked,      // a stream to HTTP/1.1
  until_close,  // a stream to HTTP/1.0
};

struct HeadOptions {
  Framing framing = Framing::length;
  unsigned minor_version = 1;  // the request's
  bool keep_alive = true;
  std::chrono::system_clock::time_point now;
};

/// With the empty line. A line break in a field's value becomes a blank.
std::string response_head(const Response& response, const HeadOptions& options);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string http_date(std::chrono::system_clock::time_point at);

/// One chunk of chunked framing; `bytes` is not empty, since that would end the body.
std::string chunk_of(std::string_view bytes);
constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace supervisord::web
