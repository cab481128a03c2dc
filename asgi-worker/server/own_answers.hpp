// What the server answers without the application: is it alive, is it ready, files. Such requests
// are not counted against the limit on concurrency, and need no Python. Owned by the turn, one
// thread.
#pragma once

#include <functional>
#include <string>

#include "asgi-worker/server/static_files.hpp"

namespace asgi_worker::server {

struct OwnSettings {
  std::string health_path;  // 200 while the process turns; "": none
  std::string ready_path;   // 200, or 503 while it stops; "": none
  StaticSettings files;
};

class OwnAnswers final : public http::Application {
 public:
  /// `is_ready` may be empty.
  OwnAnswers(const OwnSettings& settings, std::function<bool()> is_ready);
  common::Result<void> open() { return files_.open(); }

  /// Whether a request for this path is answered here.
  bool has(std::string_view raw_path) const {
    return is_on_ && (is_check(raw_path) || files_.has_route(raw_path));
  }
  void on_request(http::Exchange& exchange, const http::Request& request) override;

  void stop() { is_stopping_ = true; }

 private:
  bool is_check(std::string_view raw_path) const {
    return !raw_path.empty() && (raw_path == health_path_ || raw_path == ready_path_);
  }

  std::string health_path_;
  std::string ready_path_;
  StaticFiles files_;
  std::function<bool()> is_ready_;
  bool is_stopping_ = false;
  bool is_on_;
};

}  // namespace asgi_worker::server
