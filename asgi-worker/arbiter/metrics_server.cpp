#include "asgi-worker/arbiter/metrics_server.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "common/bind.hpp"

namespace asgi_worker::arbiter {
namespace {

constexpr std::size_t most_clients = 32;

const char* reason(int status) {
  if (status == 200) return "200 OK";
  return status == 503 ? "503 Service Unavailable" : "404 Not Found";
}

}  // namespace

common::Result<MetricsServer> MetricsServer::listen(const std::string& address, Pages pages) {
  const auto parsed = common::parse_address(address, 9090);
  if (!parsed) return parsed.error();
  // Shared with a successor while both run.
  auto bound = common::bind_address(*parsed, {.backlog = 64, .reuse_port = true});
  if (!bound) return bound.error();
  return MetricsServer{std::move(*bound), std::move(pages)};
}

MetricsServer::MetricsServer(common::UniqueFd listener, Pages pages)
    : listener_{std::move(listener)}, pages_{std::move(pages)} {}

std::string MetricsServer::address() const { return common::bound_address(listener_.get()); }

int MetricsServer::accept() {
  common::UniqueFd client{
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!client || clients_.size() >= most_clients) return -1;
  clients_.push_back(std::move(client));
  return clients_.back().get();
}

void MetricsServer::answer(int client) {
  const auto found = std::ranges::find(clients_, client, &common::UniqueFd::get);
  if (found == clients_.end()) return;
  const common::UniqueFd connection = std::move(*found);
  clients_.erase(found);
  std::array<char, 4096> buffer;
  const auto size = ::recv(connection.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) return;
  const std::string head{buffer.data(), static_cast<std::size_t>(size)};
  const auto begin = head.find(' ') + 1;
  int status = 200;
  const auto body = page(head.substr(begin, head.find(' ', begin) - begin), status);
  std::string out = std::string{"HTTP/1.1 "} + reason(status) +
                    "\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n"
                    "connection: close\r\ncontent-length: " +
                    std::to_string(body.size()) + "\r\n\r\n";
  if (!head.starts_with("HEAD ")) out += body;
  static_cast<void>(!::send(connection.get(), out.data(), out.size(), MSG_NOSIGNAL));
  ::shutdown(connection.get(), SHUT_WR);
}

std::string MetricsServer::page(const std::string& target, int& status) const {
  const auto path = target.substr(0, target.find('?'));
  if (path == "/metrics") return pages_.metrics();
  if (path == "/healthz") return "ok\n";
  if (path == "/readyz") {
    const bool is_ready = pages_.is_ready();
    status = is_ready ? 200 : 503;
    return is_ready ? "ready\n" : "not ready\n";
  }
  status = 404;
  return "/metrics, /healthz, /readyz\n";
}

}  // namespace asgi_worker::arbiter
