#include "supervisord/process/notification.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace supervisord::process {
namespace {

int bind_to(int fd, std::string_view path, bool is_abstract) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t at = is_abstract ? 1 : 0;
  if (path.size() + 1 > sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path + at, path.data(), path.size());
  const auto size =
      offsetof(sockaddr_un, sun_path) + path.size() + 1;  // the final or the leading NUL
  return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) == 0
             ? 0
             : errno;
}

}  // namespace

Notification parse_notification(std::string_view datagram) {
  Notification out;
  while (!datagram.empty()) {
    const auto end = std::min(datagram.find('\n'), datagram.size());
    const auto line = datagram.substr(0, end);
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
    if (line == "READY=1") out.ready = true;
    if (constexpr std::string_view key = "MAINPID="; line.starts_with(key))
      std::from_chars(line.data() + key.size(), line.data() + line.size(), out.main_pid);
    if (line.starts_with("STATUS=")) {
      out.has_status = true;
      out.status = line.substr(7);
      std::erase_if(out.status, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    }
  }
  return out;
}

common::Result<NotifySocket> make_notify_socket(const std::string& rundir, unsigned number) {
  common::UniqueFd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return common::system_error("socket", errno);
  const std::string path = rundir + "/notify/" + std::to_string(number);
  if (!rundir.empty()) {
    ::unlink(path.c_str());
    if (bind_to(fd.get(), path, false) == 0 && ::chmod(path.c_str(), 0666) == 0)
      return NotifySocket{std::move(fd), path};
    fd.reset(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return common::system_error("socket", errno);
  }
  const std::string name =
      "supervisord/" + std::to_string(::getpid()) + "/notify/" + std::to_string(number);
  if (const int error = bind_to(fd.get(), name, true); error != 0)
    return common::system_error("bind @" + name, error);
  return NotifySocket{std::move(fd), "@" + name};
}

}  // namespace supervisord::process
