// The questions of a load balancer, answered without the application: does this worker live, and
// may it be sent clients. Stands before the application; owned by the core's object.
#pragma once

#include <string>

#include "asgi-worker/http/exchange.hpp"

namespace asgi_worker::worker {

struct ProbeTargets {
  std::string health_path = {};  // "": none
  std::string ready_path = {};
  bool is_ready = true;  // no longer, once the worker is about to stop
};

class Probes final : public http::Application {
 public:
  /// `application` and `targets` outlive this.
  Probes(http::Application& application, const ProbeTargets& targets)
      : application_{application}, targets_{targets} {}
  void on_request(http::Exchange& exchange, const http::Request& request) override;

 private:
  /// Has nothing to hear: the answer is whole when the request's head is there.
  class Silent final : public http::Cycle {
    void on_body(std::string_view) override {}
    void on_body_end() override {}
    void on_writable() override {}
    void on_complete() override {}
    void on_disconnect() override {}
  };
  void answer(http::Exchange& exchange, bool is_well);

  http::Application& application_;
  const ProbeTargets& targets_;
  Silent silent_;
};

}  // namespace asgi_worker::worker
