#include "asgi-worker/arbiter/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

namespace asgi_worker::arbiter {
namespace {

using common::Result;

constexpr std::string_view from_manager = "manager:";

bool is_from_manager(std::string_view text) { return text.starts_with(from_manager); }

}  // namespace

void Sockets::adopt_from_manager(int count) {
  for (int fd = 3; fd < 3 + count; ++fd)
    if (auto adopted = common::bind_address(common::FdAddress{fd}, {}))
      sockets_.push_back({std::string{from_manager} + std::to_string(fd), std::move(*adopted)});
}

bool Sockets::are_from_manager() const {
  return std::ranges::any_of(sockets_,
                             [](const Socket& socket) { return is_from_manager(socket.text); });
}

void Sockets::adopt_from_predecessor(std::string_view words, const common::BindOptions& how) {
  while (!words.empty()) {
    const auto line = words.substr(0, words.find('\n'));
    words.remove_prefix(std::min(words.size(), line.size() + 1));
    int fd = -1;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), fd);
    if (error != std::errc{} || end == line.data() + line.size() || *end != '=') continue;
    if (auto adopted = common::bind_address(common::FdAddress{fd}, how))
      sockets_.push_back({std::string{end + 1, line.data() + line.size()}, std::move(*adopted)});
  }
}

std::string Sockets::words_for_successor() const {
  std::string words;
  for (const Socket& socket : sockets_)
    words.append(std::to_string(socket.fd.get())).append("=").append(socket.text).append("\n");
  return words;
}

Result<void> Sockets::listen_on(const std::vector<std::string>& addresses,
                                const common::BindOptions& how) {
  const auto standing = [&](const std::string& text) {
    return std::ranges::find(sockets_, text, &Socket::text);
  };
  std::vector<Socket> opened;
  for (const auto& text : addresses) {
    if (standing(text) != sockets_.end()) continue;
    const auto address = common::parse_address(text);
    if (!address) return address.error();
    auto bound = common::bind_address(*address, how);
    if (!bound) {
      for (const Socket& socket : opened) common::unlink_bound(socket.fd.get());
      return bound.error();
    }
    opened.push_back({text, std::move(*bound)});
  }
  std::vector<Socket> next;  // in the order of the addresses
  for (const auto& text : addresses) {
    auto found = standing(text);
    if (found == sockets_.end()) {
      found = std::ranges::find(opened, text, &Socket::text);
      if (found == opened.end()) continue;  // named twice
    }
    next.push_back({text, std::move(found->fd)});
    found->text.clear();
  }
  for (const Socket& socket : sockets_)
    if (socket.fd) common::unlink_bound(socket.fd.get());
  sockets_ = std::move(next);
  return {};
}

unsigned Sockets::backlog() const {
  unsigned sum = 0;
  for (const Socket& socket : sockets_) {
    tcp_info info{};
    socklen_t size = sizeof info;
    // Of a listening socket, unacked is the length of its queue.
    if (::getsockopt(socket.fd.get(), IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
        info.tcpi_state == TCP_LISTEN)
      sum += info.tcpi_unacked;
  }
  return sum;
}

std::vector<int> Sockets::fds() const {
  std::vector<int> all;
  for (const Socket& socket : sockets_) all.push_back(socket.fd.get());
  return all;
}

Result<std::vector<int>> Sockets::listen_beside(common::BindOptions how) {
  how.listens = true;
  for (Socket& socket : sockets_) {
    int is_listening = 0;
    socklen_t size = sizeof is_listening;
    ::getsockopt(socket.fd.get(), SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &size);
    if (is_listening != 0) continue;
    const auto address = common::parse_address(common::bound_address(socket.fd.get()));
    if (!address) return address.error();
    auto twin = common::bind_address(*address, how);
    if (!twin) return twin.error();
    socket.fd = std::move(*twin);
  }
  return fds();
}

void Sockets::close(Files files) {
  if (files == Files::remove)
    for (const Socket& socket : sockets_)
      if (!is_from_manager(socket.text)) common::unlink_bound(socket.fd.get());
  sockets_.clear();
}

}  // namespace asgi_worker::arbiter
