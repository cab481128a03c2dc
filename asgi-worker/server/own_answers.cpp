#include "asgi-worker/server/own_answers.hpp"

#include <utility>

#include "asgi-worker/server/file_answer.hpp"

namespace asgi_worker::server {

OwnAnswers::OwnAnswers(const OwnSettings& settings, std::function<bool()> is_ready)
    : health_path_{settings.health_path},
      ready_path_{settings.ready_path},
      files_{settings.files},
      is_ready_{std::move(is_ready)},
      is_on_{!health_path_.empty() || !ready_path_.empty() || !settings.files.routes.empty()} {}

void OwnAnswers::on_request(http::Exchange& exchange, const http::Request& request) {
  if (!is_check(request.raw_path)) return files_.on_request(exchange, request);
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  const bool is_well =
      request.raw_path == health_path_ || (!is_stopping_ && (!is_ready_ || is_ready_()));
  const std::string text = !is_read ? "Method Not Allowed\n" : is_well ? "ok\n" : "stopping\n";
  const std::string length = std::to_string(text.size());
  const http::Field fields[] = {{"content-type", "text/plain; charset=utf-8"},
                                {"content-length", length},
                                {"cache-control", "no-store"},
                                {"allow", "GET, HEAD"}};
  FileAnswer::send(exchange,
                   !is_read  ? 405
                   : is_well ? 200
                             : 503,
                   std::span{fields}.first(is_read ? 3 : 4), {{.text = text}});
}

}  // namespace asgi_worker::server
