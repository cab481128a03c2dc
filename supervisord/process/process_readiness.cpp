// What a process with ready_notification says on its socket.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "supervisord/process/notification.hpp"
#include "supervisord/process/process.hpp"

namespace supervisord::process {

common::Result<void> Process::make_notify_socket() {
  if (notify_socket_.is_open()) {  // what the last run said is not this one's
    std::array<char, 4096> old;
    while (::recv(notify_socket_.native_handle(), old.data(), old.size(), MSG_DONTWAIT) >= 0) {
    }
    return {};
  }
  static unsigned next_number = 0;  // of this daemon; a successor's are made apart by its pid
  const unsigned number = static_cast<unsigned>(::getpid()) * 4096U + next_number++;
  auto made = process::make_notify_socket(surroundings_.rundir, number);
  if (!made) return made.error();
  notify_address_ = made->address;
  const int held[] = {made->fd.get()};
  surroundings_.holder.put("notify:" + key_, notify_address_, held);
  notify_socket_.assign(made->fd.release());
  watch_notifications();
  return {};
}

void Process::watch_notifications() {
  notify_socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                            [self = self_](const boost::system::error_code& error) {
                              if (error || *self == nullptr) return;
                              (*self)->read_notifications();
                              (*self)->watch_notifications();
                            });
}

// A datagram is taken from the socket only when what it said is with the keeper.
void Process::read_notifications() {
  const int fd = notify_socket_.native_handle();
  std::array<char, 4096> buffer;
  for (;;) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    if (size < 0) return;
    const auto said = parse_notification({buffer.data(), static_cast<std::size_t>(size)});
    if (said.has_status) record_.status_text = said.status;
    if (said.main_pid != 0) surroundings_.launcher.name_heir(key_, said.main_pid);
    if (said.ready) {
      feed(Ready{});
    } else {
      remember();
    }
    surroundings_.flush();
    ::recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
  }
}

}  // namespace supervisord::process
