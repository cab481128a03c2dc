#include "asgi-worker/python/log.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace asgi_worker::python {
namespace {

std::string_view color(Level level) {
  switch (level) {
    case Level::trace: return "\x1b[34m";
    case Level::debug: return "\x1b[36m";
    case Level::info: return "\x1b[32m";
    case Level::warning: return "\x1b[33m";
    case Level::error: return "\x1b[31m";
    case Level::critical: return "\x1b[91m";
  }
  return "";
}

std::string gunicorn_time(std::time_t now) {
  std::tm parts{};
  ::localtime_r(&now, &parts);
  std::array<char, 40> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "[%Y-%m-%d %H:%M:%S %z]", &parts)};
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

std::string_view name_of(Level level) {
  switch (level) {
    case Level::trace: return "TRACE";
    case Level::debug: return "DEBUG";
    case Level::info: return "INFO";
    case Level::warning: return "WARNING";
    case Level::error: return "ERROR";
    case Level::critical: return "CRITICAL";
  }
  return "";
}

std::string line_prefix(LogStyle style, Level level, std::time_t now, long process) {
  constexpr std::size_t column = 10;
  std::string text;
  if (style.form == LogStyle::Form::gunicorn) {
    text = gunicorn_time(now);
    text.append(" [").append(std::to_string(process)).append("] [");
    return text.append(name_of(level)).append("] ");
  }
  if (style.has_colors) text.append(color(level));
  text.append(name_of(level));
  if (style.has_colors) text.append("\x1b[0m");
  return text.append(":").append(column - 1 - name_of(level).size(), ' ');
}

void Log::line(Level level, std::string_view text) const {
  if (level == Level::warning) ++counts_.warnings;
  if (level == Level::error) ++counts_.errors;
  if (level == Level::critical) ++counts_.criticals;
  if (!wants(level)) return;
  if (copy_) copy_(level, text);
  if (sink_) return sink_(level, text);
  std::string whole = line_prefix(style_, level, std::time(nullptr), ::getpid());
  whole.append(text).push_back('\n');
  write_all(fd_, whole);
}

}  // namespace asgi_worker::python
