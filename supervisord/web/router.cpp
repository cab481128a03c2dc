#include "supervisord/web/router.hpp"

#include <algorithm>
#include <utility>

namespace supervisord::web {

Router& Router::add_prefix(std::string prefix, Handler handler) {
  routes_.push_back({std::move(prefix), true, std::move(handler)});
  return *this;
}

Router& Router::add(std::string path, Handler handler) {
  routes_.push_back({std::move(path), false, std::move(handler)});
  return *this;
}

void Router::operator()(const std::shared_ptr<Exchange>& exchange) const {
  const std::string_view path = exchange->request().path;
  const auto fits = [&](const Route& route) {
    return route.is_prefix ? path.starts_with(route.path) : path == route.path;
  };
  const auto route = std::ranges::find_if(routes_, fits);
  if (route == routes_.end()) return exchange->answer(error_response(404));
  route->handler(exchange);
}

void answer_ok(const std::shared_ptr<Exchange>& exchange) {
  exchange->answer({.content_type = "text/plain", .body = "OK"});
}

}  // namespace supervisord::web
