// The page's style sheet, scripts and icon, embedded in the program when it is built (assets/,
// assets/embed.cmake).
#pragma once

#include <span>
#include <string_view>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

struct Asset {
  std::string_view path;  // "/scripts/page.js"
  std::string_view content_type;
  std::string_view bytes;
};

std::span<const Asset> assets();

/// 200, or 304 when the client has it already; 404 for a path that is none of them.
Response asset_response(const Request& request);

}  // namespace supervisord::web
