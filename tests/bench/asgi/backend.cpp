// What an application calls: answers each line it gets with "PONG", on 127.0.0.1, one thread,
// epoll.
//
//   backend          prints its port; ends when its standard input is closed (a pipe or a terminal)
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace {

// A listening socket on a free port; its connections inherit TCP_NODELAY.
int listen_on_loopback() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener, 1024) != 0 ||
      getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return -1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

// One PONG for each line end that came; false: the connection is over. Its callers wait for each
// answer, so the socket's buffer always has room for it.
bool answer(int connection) {
  char in[4096];
  const ssize_t n = recv(connection, in, sizeof in, 0);
  if (n <= 0) return false;
  std::string out;
  for (auto lines = std::count(in, in + n, '\n'); lines > 0; --lines) out += "PONG\r\n";
  return out.empty() ||
         send(connection, out.data(), out.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(out.size());
}

void watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main() {
  const int listener = listen_on_loopback();
  if (listener < 0) return std::perror("backend"), 1;
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  watch(epoll, listener);
  watch(epoll, STDIN_FILENO);
  for (;;) {
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int connection = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection >= 0) watch(epoll, connection);
      } else if (fd == STDIN_FILENO) {
        char ignored[256];
        if (::read(fd, ignored, sizeof ignored) <= 0) return 0;
      } else if (!answer(fd)) {
        close(fd);
      }
    }
  }
}
