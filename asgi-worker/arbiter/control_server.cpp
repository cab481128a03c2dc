#include "asgi-worker/arbiter/control_server.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/bind.hpp"

namespace asgi_worker::arbiter {
namespace {

constexpr std::size_t most_clients = 16;
constexpr std::size_t prefix = 4;
constexpr std::size_t most_bytes = 64 * 1024;

}  // namespace

std::vector<std::string> take_messages(std::string& bytes) {
  std::vector<std::string> whole;
  while (bytes.size() >= prefix) {
    std::size_t size = 0;
    for (std::size_t index = 0; index < prefix; ++index)
      size = size * 256 + static_cast<unsigned char>(bytes[index]);
    if (size > most_bytes) return bytes.clear(), whole;
    if (bytes.size() < prefix + size) break;
    whole.push_back(bytes.substr(prefix, size));
    bytes.erase(0, prefix + size);
  }
  return whole;
}

std::string framed(std::string_view message) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0})
    bytes.push_back(static_cast<char>((message.size() >> shift) & 0xff));
  return bytes.append(message);
}

common::Result<ControlServer> ControlServer::listen(const std::string& path, mode_t mode) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
  auto bound = common::bind_address(common::UnixAddress{path}, {.backlog = 16, .unix_mode = mode});
  if (!bound) return bound.error();
  return ControlServer{std::move(*bound), path};
}

int ControlServer::accept() {
  common::UniqueFd client{
      ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)};
  if (!client || clients_.size() >= most_clients) return -1;
  clients_.push_back({std::move(client), {}});
  return clients_.back().fd.get();
}

ControlServer::Client* ControlServer::client_of(int fd) {
  const auto found =
      std::ranges::find_if(clients_, [fd](const Client& client) { return client.fd.get() == fd; });
  return found == clients_.end() ? nullptr : &*found;
}

ControlServer::Read ControlServer::read(int fd) {
  Client* const client = client_of(fd);
  if (client == nullptr) return {{}, true};
  std::array<char, 4096> buffer;
  const auto size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (size <= 0) return {{}, true};
  client->bytes.append(buffer.data(), static_cast<std::size_t>(size));
  auto messages = take_messages(client->bytes);
  return {std::move(messages), false};
}

void ControlServer::write(int fd, std::string_view message) {
  const auto bytes = framed(message);
  static_cast<void>(!::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

void ControlServer::close(int fd) {
  std::erase_if(clients_, [fd](const Client& client) { return client.fd.get() == fd; });
}

void ControlServer::remove_file() { ::unlink(path_.c_str()); }

}  // namespace asgi_worker::arbiter
