#include "supervisorctl/line_input.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

namespace supervisorctl {

LineInput::Got LineInput::read(std::string& line, int wake_fd) {
  for (;;) {
    if (const auto end = buffer_.find('\n'); end != std::string::npos) {
      line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return Got::line;
    }
    std::array<pollfd, 2> ready{pollfd{fd_, POLLIN, 0}, pollfd{wake_fd, POLLIN, 0}};
    if (::poll(ready.data(), ready.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return Got::end;
    }
    if (ready[1].revents != 0) return Got::woken;
    char bytes[4096];
    const ssize_t size = ::read(fd_, bytes, sizeof bytes);
    if (size > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
      line = std::exchange(buffer_, "");
      return line.empty() ? Got::end : Got::line;
    }
  }
}

LineInput::Got LineInput::read_hidden(std::string& line, const std::function<void()>& prompt) {
  termios before{};
  if (::tcgetattr(fd_, &before) != 0) {
    prompt();
    return read(line);
  }
  termios hidden = before;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(fd_, TCSAFLUSH, &hidden);
  prompt();
  const Got got = read(line);
  ::tcsetattr(fd_, TCSADRAIN, &before);
  return got;
}

bool LineInput::is_terminal() const { return ::isatty(fd_) == 1; }

}  // namespace supervisorctl
