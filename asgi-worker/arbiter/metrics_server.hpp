// The arbiter's own small HTTP server: /metrics, /healthz and /readyz, one request a connection.
// It never waits for a client: what is not there at the first look is not read. Owned by Site; its
// descriptors are polled by the arbiter.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

class MetricsServer {
 public:
  struct Pages {
    std::function<std::string()> metrics;
    std::function<bool()> is_ready;
  };

  /// `address` as for --bind.
  static common::Result<MetricsServer> listen(const std::string& address, Pages pages);

  int fd() const { return listener_.get(); }
  /// fd() is readable: a new client; its descriptor, to be watched, or -1.
  int accept();
  /// A client's descriptor is readable: answered and closed.
  void answer(int client);
  std::string address() const;

 private:
  MetricsServer(common::UniqueFd listener, Pages pages);
  std::string page(const std::string& target, int& status) const;

  common::UniqueFd listener_;
  Pages pages_;
  std::vector<common::UniqueFd> clients_;
};

}  // namespace asgi_worker::arbiter
