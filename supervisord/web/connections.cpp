#include "supervisord/web/connections.hpp"

#include <sys/socket.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "common/log.hpp"

namespace supervisord::web {

void Connections::take(Accepted accepted) {
  const std::size_t most = settings_->limits.connections;
  if (open_.size() >= most) return refuse(accepted);
  if (open_.size() < most / 2) is_full_ = false;
  const auto connection = std::make_shared<Connection>(loop_, std::move(accepted), settings_);
  open_.insert(connection);
  connection->start([this](Connection& over) { open_.erase(over.shared_from_this()); });
}

void Connections::refuse(const Accepted& accepted) {
  if (!std::exchange(is_full_, true)) {
    common::log(common::Level::warn,
                "http: " + std::to_string(open_.size()) +
                    " connections are open, more are refused with 503 (the first from " +
                    accepted.peer + ")");
  }
  constexpr std::string_view answer =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  // What is unread at close would turn the answer into a reset.
  std::array<char, 16384> rest;
  while (::recv(accepted.fd.get(), rest.data(), rest.size(), MSG_DONTWAIT) > 0) {
  }
  // A fresh socket's buffer holds it; a peer that is gone already misses nothing.
  [[maybe_unused]] const ssize_t sent =
      ::send(accepted.fd.get(), answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void Connections::close() {
  for (const auto& connection : std::exchange(open_, {})) connection->close();
}

}  // namespace supervisord::web
