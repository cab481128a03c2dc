// A request's path as the application sees it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace asgi_worker::asgi {

/// "%41" becomes "A"; malformed escapes stay. The bytes need not be UTF-8.
std::string percent_decoded(std::string_view text);

/// `path` below `root_path`, once: "/x" under "/api" is "/api/x", "/api/x" stays.
std::string below_root(std::string_view root_path, std::string_view path);

}  // namespace asgi_worker::asgi
