// Any bytes on a new connection, in any two pieces, with or without an end behind them: it is
// handed over at most once, to gRPC when it begins with PRI and else to HTTP, and all that was sent
// is there to be read. The first byte says where to cut and how it ends.
#include "supervisord/api/listener.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace {

using namespace supervisord;
using namespace std::chrono_literals;

void require(bool claim) {
  if (!claim) std::abort();
}

common::UniqueFd stream_socket() {
  return common::UniqueFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
}

struct Handed {
  common::UniqueFd fd;
  bool is_grpc;
};

std::string rest_of(int fd) {
  std::string out;
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size <= 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t cut = std::min<std::size_t>(data[0] / 2, bytes.size());
  const bool ends = data[0] % 2 == 1;

  boost::asio::io_context loop;
  common::UniqueFd listening = stream_socket();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // Without a name it gets one that no file has.
  require(::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)) == 0);
  socklen_t length = sizeof address;
  require(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  require(::listen(listening.get(), 4) == 0);
  const common::UniqueFd client = stream_socket();
  require(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);

  std::optional<Handed> handed;
  const auto take = [&handed](bool is_grpc) {
    return [&handed, is_grpc](common::UniqueFd fd, const api::Peer& peer) {
      require(!handed && peer.loopback && peer.process.has_value());
      handed = Handed{std::move(fd), is_grpc};
    };
  };
  api::Listener listener{loop, std::move(listening), 30ms, {take(true), take(false)}};
  for (const std::string_view piece : {bytes.substr(0, cut), bytes.substr(cut)}) {
    if (!piece.empty())
      require(::send(client.get(), piece.data(), piece.size(), 0) ==
              static_cast<ssize_t>(piece.size()));
    loop.poll();
  }
  if (ends) ::shutdown(client.get(), SHUT_WR);
  loop.poll();
  const bool says_it = bytes.starts_with("PRI") || !std::string_view{"PRI"}.starts_with(bytes);
  if (says_it && !handed) loop.run_for(20ms);  // it is looked at again after 10 ms
  require(handed.has_value() == says_it);
  if (!handed) return 0;
  require(handed->is_grpc == bytes.starts_with("PRI"));
  require(rest_of(handed->fd.get()) == bytes);
  return 0;
}
