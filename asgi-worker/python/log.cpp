#include "asgi-worker/python/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace asgi_worker::python {
namespace {

std::string_view prefix(Level level) {
  switch (level) {
    case Level::trace: return "TRACE:    ";
    case Level::debug: return "DEBUG:    ";
    case Level::info: return "INFO:     ";
    case Level::warning: return "WARNING:  ";
    case Level::error: return "ERROR:    ";
    case Level::critical: return "CRITICAL: ";
  }
  return "";
}

}  // namespace

Level level_of(std::string_view name) {
  if (name == "trace" || name == "notset") return Level::trace;
  if (name == "debug") return Level::debug;
  if (name == "warn" || name == "warning") return Level::warning;
  if (name == "error") return Level::error;
  if (name == "critical") return Level::critical;
  return Level::info;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto size = ::write(fd, text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<std::size_t>(size));
    } else if (errno == EAGAIN) {  // somebody made stderr non-blocking: a log line may wait
      pollfd ready{fd, POLLOUT, 0};
      if (::poll(&ready, 1, 1000) == 0) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void Log::line(Level level, std::string_view text) const {
  if (!wants(level)) return;
  std::string whole{prefix(level)};
  whole.append(text).push_back('\n');
  write_all(fd_, whole);
}

}  // namespace asgi_worker::python
