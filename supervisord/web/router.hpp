// Which handler answers which path: the first route that fits. Pure.
#pragma once

#include <string>
#include <vector>

#include "supervisord/web/http.hpp"

namespace supervisord::web {

class Router {
 public:
  /// Every path that begins with `prefix`.
  Router& add_prefix(std::string prefix, Handler handler);
  /// That path only.
  Router& add(std::string path, Handler handler);

  /// Hands the exchange to the first route that fits its path; answers 404 when none does.
  void operator()(const std::shared_ptr<Exchange>& exchange) const;

 private:
  struct Route {
    std::string path;
    bool is_prefix = false;
    Handler handler;
  };
  std::vector<Route> routes_;
};

/// "OK", for those who look whether the server lives.
void answer_ok(const std::shared_ptr<Exchange>& exchange);

}  // namespace supervisord::web
