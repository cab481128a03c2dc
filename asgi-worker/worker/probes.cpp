#include "asgi-worker/worker/probes.hpp"

#include <array>

namespace asgi_worker::worker {

void Probes::on_request(http::Exchange& exchange, const http::Request& request) {
  const auto asks_for = [&](const std::string& path) {
    return !path.empty() && request.raw_path == path;
  };
  if (asks_for(targets_.health_path)) return answer(exchange, true);
  if (asks_for(targets_.ready_path)) return answer(exchange, targets_.is_ready);
  application_.on_request(exchange, request);
}

void Probes::answer(http::Exchange& exchange, bool is_well) {
  const std::string_view body = is_well ? "ok\n" : "stopping\n";
  const std::string_view length = is_well ? "3" : "9";
  const std::array<http::Field, 3> fields{{{"content-type", "text/plain; charset=utf-8"},
                                           {"content-length", length},
                                           {"cache-control", "no-store"}}};
  exchange.attach(silent_);
  exchange.start(is_well ? 200 : 503, fields);
  exchange.write(body);
  exchange.finish();
}

}  // namespace asgi_worker::worker
