#include "supervisord/api/connections.hpp"

#include <sys/epoll.h>

#include <array>
#include <set>

namespace supervisord::api {

Connections::Connections(boost::asio::io_context& loop, std::size_t most)
    : most_{most}, ends_{loop, ::epoll_create1(EPOLL_CLOEXEC)} {
  wait();
}

void Connections::wait() {
  // Cancelled by the destructor of ends_, and then `this` is not touched.
  ends_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](auto error) {
    if (error) return;
    forget_ended();
    wait();
  });
}

void Connections::add(int connection, const Peer& peer, const void* server) {
  auto fd = common::duplicate(connection);
  if (!fd) return;  // no descriptor left: it is served and not counted
  const int number = (*fd).get();
  epoll_event event{};  // asks for nothing: HUP and ERR come always
  event.data.fd = number;
  if (::epoll_ctl(ends_.native_handle(), EPOLL_CTL_ADD, number, &event) != 0) return;
  open_[number] = {*std::move(fd), peer.process.value_or(PeerProcess{}), server};
  ++counts_[server];
}

std::size_t Connections::count(const void* server) const {
  const auto found = counts_.find(server);
  return found == counts_.end() ? 0 : found->second;
}

void Connections::forget_ended() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int count =
        ::epoll_wait(ends_.native_handle(), events.data(), static_cast<int>(events.size()), 0);
    for (int at = 0; at < count; ++at) forget(events[static_cast<std::size_t>(at)].data.fd);
    if (count < static_cast<int>(events.size())) return;
  }
}

// Closing the duplicate would not take it out: gRPC may have the connection still.
void Connections::forget(int number) {
  ::epoll_ctl(ends_.native_handle(), EPOLL_CTL_DEL, number, nullptr);
  const auto ended = open_.extract(number);
  if (!ended) return;
  --counts_[ended.mapped().server];
  last_[ended.mapped().server] = text_of(ended.mapped().process);
}

std::string Connections::who(const void* server) {
  forget_ended();
  std::set<std::string> texts;
  for (const auto& [number, open] : open_) {
    if (open.server == server) texts.insert(text_of(open.process));
  }
  if (texts.empty()) return last_[server] + ", which has left";
  if (texts.size() == 1) return *texts.begin();
  constexpr std::size_t most_named = 8;
  std::string out = "one of";
  std::size_t named = 0;
  for (const std::string& text : texts) {
    if (++named > most_named) return out + "; " + std::to_string(texts.size()) + " in all";
    out += (named == 1 ? " " : "; ") + text;
  }
  return out;
}

std::string text_of(const PeerProcess& process) {
  std::string out = "uid " + std::to_string(process.uid);
  if (!process.user.empty()) out += " (" + process.user + ")";
  return out + ", pid " + std::to_string(process.pid);
}

}  // namespace supervisord::api
