#include "supervisord/api/connections.hpp"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <set>
#include <utility>

namespace supervisord::api {

Connections::Connections(boost::asio::io_context& loop, std::size_t most,
                         std::function<void(const void*)> none_left)
    : most_{most}, none_left_{std::move(none_left)}, ends_{loop, ::epoll_create1(EPOLL_CLOEXEC)} {
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
  open_.insert_or_assign(number, Open{*std::move(fd), peer.process.value_or(PeerProcess{}),
                                      peer.address, server, 0, 0, 0});
  ++counts_[server];
  if (!peer.address.empty()) ++from_[peer.address];
}

std::size_t Connections::count(const void* server) const {
  const auto found = counts_.find(server);
  return found == counts_.end() ? 0 : found->second;
}

std::size_t Connections::count_from(const std::string& address) const {
  const auto found = from_.find(address);
  return found == from_.end() ? 0 : found->second;
}

std::vector<std::string> Connections::close_stalled(int looks) {
  std::vector<std::string> closed;
  for (auto& [number, open] : open_) {
    int queued = 0;
    if (::ioctl(number, SIOCOUTQ, &queued) != 0) continue;
    const bool is_same = queued != 0 && queued == std::exchange(open.queued, queued);
    open.looks_same = is_same ? open.looks_same + 1 : 0;
    open.looks_queued = queued != 0 ? open.looks_queued + 1 : 0;
    if (open.looks_same < looks && open.looks_queued < 10 * looks) continue;
    ::shutdown(number, SHUT_RDWR);  // gRPC sees it, and we hear of it as of any that ends
    closed.push_back(open.address.empty() ? text_of(open.process) : open.address);
  }
  return closed;
}

void Connections::forget_server(const void* server) {
  counts_.erase(server);
  last_.erase(server);
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
  const Open& open = ended.mapped();
  if (const auto from = from_.find(open.address); from != from_.end() && --from->second == 0)
    from_.erase(from);
  last_[open.server] = text_of(open.process);
  if (--counts_[open.server] == 0) none_left_(open.server);
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

}  // namespace supervisord::api
