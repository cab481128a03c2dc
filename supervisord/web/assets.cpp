#include "supervisord/web/assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "supervisord/web/page.hpp"

namespace supervisord::web {
namespace {

/// FNV-1a: another build's file has another tag, no more is asked of it.
std::string etag_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char each : bytes) {
    hash = (hash ^ static_cast<unsigned char>(each)) * 0x100000001b3u;
  }
  return fmt::format("\"{:016x}\"", hash);
}

}  // namespace

Response asset_response(const Request& request) {
  const auto found = std::find_if(assets().begin(), assets().end(),
                                  [&](const Asset& asset) { return asset.path == request.path; });
  if (found == assets().end()) return html_response(404, error_page(404, "Not Found"));
  const std::string etag = etag_of(found->bytes);
  Response response;
  response.content_type = found->content_type;
  response.fields = {{"ETag", etag},
                     {"Cache-Control", "no-cache"},  // kept, and asked for each time
                     {"X-Content-Type-Options", "nosniff"}};
  if (request.field("If-None-Match") == etag) {
    response.status = 304;
  } else {
    response.body = found->bytes;
  }
  return response;
}

}  // namespace supervisord::web
