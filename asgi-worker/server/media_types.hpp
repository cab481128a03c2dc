// The media type of a file by the end of its name. Pure.
#pragma once

#include <string_view>

namespace asgi_worker::server {

/// "text/css; charset=utf-8" for "a/b.css"; "application/octet-stream" for what is unknown.
std::string_view media_type(std::string_view path);

}  // namespace asgi_worker::server
