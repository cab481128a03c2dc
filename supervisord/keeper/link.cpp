#include "supervisord/keeper/link.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

namespace supervisord::keeper {
namespace {

using common::UniqueFd;

constexpr std::size_t max_packet_bytes = 64 * 1024;
constexpr std::size_t max_inline_payload = 32 * 1024;
constexpr off_t max_memfd_payload = 256 * 1024 * 1024;
constexpr int socket_buffer_bytes = 4 * 1024 * 1024;

UniqueFd memfd_of(std::string_view bytes) {
  UniqueFd fd{::memfd_create("message", MFD_CLOEXEC)};
  while (fd && !bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return {};
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return fd;
}

std::optional<std::string> contents(int memfd) {
  struct stat facts {};
  if (::fstat(memfd, &facts) != 0 || facts.st_size > max_memfd_payload) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(facts.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t size =
        ::pread(memfd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return std::nullopt;
    done += static_cast<std::size_t>(size);
  }
  return bytes;
}

// The force variants need CAP_NET_ADMIN; without it the system's limit holds.
void enlarge(int socket, int force, int plain) {
  const int size = socket_buffer_bytes;
  if (::setsockopt(socket, SOL_SOCKET, force, &size, sizeof size) == 0) return;
  (void)::setsockopt(socket, SOL_SOCKET, plain, &size, sizeof size);  // smaller only means slower
}

}  // namespace

Link::Link(UniqueFd socket) : socket_{std::move(socket)}, buffer_(2 * max_packet_bytes) {
  (void)common::set_blocking(socket_.get(), common::Blocking::no);  // fails for no socket only
  enlarge(socket_.get(), SO_SNDBUFFORCE, SO_SNDBUF);
  enlarge(socket_.get(), SO_RCVBUFFORCE, SO_RCVBUF);
}

bool Link::fits(std::size_t bytes, std::size_t fds) const {
  return !out_.empty() && out_.back().bytes.size() + bytes <= max_packet_bytes &&
         out_.back().fds.size() + fds <= common::max_fds_a_packet;
}

void Link::send(const Message& message, std::span<const int> fds) {
  if (broken_) return;
  std::string payload = encode(message);
  std::vector<UniqueFd> copies;
  const bool in_memfd = payload.size() > max_inline_payload;
  if (in_memfd) copies.push_back(memfd_of(std::exchange(payload, {})));
  for (const int fd : fds) {
    auto copy = common::duplicate(fd);
    copies.push_back(copy ? std::move(*copy) : UniqueFd{});
  }
  for (const UniqueFd& copy : copies) broken_ = broken_ || !copy;
  if (broken_ || copies.size() > common::max_fds_a_packet) {
    broken_ = true;
    return;
  }
  if (!fits(frame_header_size + payload.size(), copies.size())) {
    flush();
    out_.emplace_back();
  }
  Packet& packet = out_.back();
  append_frame(packet.bytes,
               {.size = static_cast<std::uint32_t>(payload.size()),
                .type = message_type(message),
                .fds = static_cast<std::uint16_t>(copies.size()),
                .in_memfd = in_memfd},
               payload);
  std::move(copies.begin(), copies.end(), std::back_inserter(packet.fds));
}

Link::Flushed Link::flush() {
  while (!out_.empty()) {
    std::vector<int> fds;
    for (const UniqueFd& fd : out_.front().fds) fds.push_back(fd.get());
    const auto sent = common::send_with_fds(socket_.get(), out_.front().bytes, fds);
    if (!sent) {
      const int error = sent.error().code.value();
      const bool passes =
          error == EAGAIN || error == ETOOMANYREFS || error == ENOBUFS || error == ENOMEM;
      return passes ? Flushed::later : Flushed::closed;
    }
    out_.pop_front();
  }
  return broken_ ? Flushed::closed : Flushed::all;
}

Link::Received Link::receive(std::vector<Incoming>& into) {
  auto packet = common::receive_with_fds(socket_.get(), buffer_);
  // One that died with packets of ours unread resets the socket; its own are still there, behind
  // that error, which is told once.
  if (!packet && packet.error().code.value() == ECONNRESET) {
    packet = common::receive_with_fds(socket_.get(), buffer_);
  }
  if (!packet) {
    return packet.error().code.value() == EAGAIN ? Received::nothing : Received::closed;
  }
  if (packet->size == 0) return Received::closed;
  const auto frames = split_packet({buffer_.data(), packet->size});
  if (packet->cut || !frames) return Received::closed;  // not our protocol
  std::size_t next = 0;
  for (const Frame& frame : *frames) into.push_back(take_apart(frame, packet->fds, next));
  return Received::packet;
}

Incoming Link::take_apart(const Frame& frame, std::vector<UniqueFd>& fds, std::size_t& next) const {
  Incoming incoming{Unknown{frame.header.type}, {}, false};
  std::size_t wanted = frame.header.fds;
  std::optional<std::string> big;
  if (frame.header.in_memfd && wanted > 0) {
    if (next < fds.size()) big = contents(fds[next++].get());
    --wanted;
  }
  for (; wanted > 0 && next < fds.size(); --wanted) incoming.fds.push_back(std::move(fds[next++]));
  incoming.fds_missing = wanted > 0 || (frame.header.in_memfd && !big);
  auto message = decode(frame.header.type, big ? std::string_view{*big} : frame.payload);
  if (message && frame.header.in_memfd == big.has_value()) incoming.message = std::move(*message);
  return incoming;
}

}  // namespace supervisord::keeper
