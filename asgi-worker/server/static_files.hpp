// Answers requests below a route with the files of a directory, without the application: sendfile,
// ETag, conditions, ranges, and a compressed copy beside the file (.br, .zst, .gz) where the client
// takes it. Names that begin with a dot are not served, but for .well-known. Owned by the turn, one
// thread. Source: RFC 9110 8, 13, 14.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "asgi-worker/http/exchange.hpp"
#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::server {

struct StaticRoute {
  std::string route;  // "/static/": begins and ends with a slash
  std::string directory;
};
/// "/static=DIR". Errors: Errc::bad_value.
common::Result<StaticRoute> parse_static_route(const std::string& text);

struct StaticSettings {
  std::vector<StaticRoute> routes;
  std::string index;                            // "": a directory has no answer
  std::optional<std::chrono::seconds> max_age;  // for cache-control
};

class StaticFiles final : public http::Application {
 public:
  explicit StaticFiles(const StaticSettings& settings) : settings_{settings} {}
  /// Opens the directories. Errors: errno of open, with the path.
  common::Result<void> open();

  bool has_route(std::string_view raw_path) const { return find(raw_path) != nullptr; }
  void on_request(http::Exchange& exchange, const http::Request& request) override;

 private:
  struct Mount {
    std::string route;
    common::UniqueFd directory;
  };
  const Mount* find(std::string_view raw_path) const;

  StaticSettings settings_;
  std::vector<Mount> mounts_;
};

/// The path below a route, decoded: "a/b c.txt" of "a/b%20c.txt". None when it could mean another
/// one: "..", an empty segment, a hidden name, %2F, NUL.
std::optional<std::string> static_path(std::string_view below_route);

}  // namespace asgi_worker::server
