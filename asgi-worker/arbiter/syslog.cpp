#include "asgi-worker/arbiter/syslog.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "asgi-worker/arbiter/dial.hpp"

namespace asgi_worker::arbiter {
namespace {

using common::Errc;
using common::Error;
using common::Result;
using python::Level;

constexpr std::pair<std::string_view, int> facilities[] = {
    {"auth", 4},    {"authpriv", 10}, {"cron", 9},    {"daemon", 3},  {"ftp", 11},
    {"kern", 0},    {"lpr", 6},       {"mail", 2},    {"news", 7},    {"security", 4},
    {"syslog", 5},  {"user", 1},      {"uucp", 8},    {"local0", 16}, {"local1", 17},
    {"local2", 18}, {"local3", 19},   {"local4", 20}, {"local5", 21}, {"local6", 22},
    {"local7", 23},
};

int severity(Level level) {  // RFC 5424 6.2.1
  switch (level) {
    case Level::trace:
    case Level::debug: return 7;
    case Level::info: return 6;
    case Level::warning: return 4;
    case Level::error: return 3;
    case Level::critical: return 2;
  }
  return 6;
}

}  // namespace

Result<SyslogTarget> parse_syslog_target(const std::string& text) {
  using Kind = SyslogTarget::Kind;
  std::string rest = text;
  Kind kind = Kind::datagram;
  if (text.starts_with("unix://")) {
    const auto mark = text.find('#');
    const auto word = mark == std::string::npos ? "" : text.substr(mark + 1);
    kind = word == "dgram" ? Kind::datagram : word == "stream" ? Kind::stream : Kind::either;
    rest = text.substr(0, mark);
  } else if (text.starts_with("tcp://") || text.starts_with("udp://")) {
    kind = text.starts_with("tcp://") ? Kind::stream : Kind::datagram;
    rest = text.substr(6);
  } else {
    return Error{Errc::bad_value, "Invalid value for --log-syslog-to: '" + text +
                                      "': neither udp://, tcp:// nor unix://"};
  }
  auto address = common::parse_address(rest, 514);
  if (!address) return address.error();
  return SyslogTarget{std::move(*address), kind};
}

Result<int> syslog_facility(std::string_view name) {
  for (const auto& [known, number] : facilities)
    if (name == known) return number;
  return Error{Errc::bad_value, "unknown facility name: '" + std::string{name} + "'"};
}

std::string syslog_head(int facility, Level level, std::string_view name, long process) {
  std::string head = "<" + std::to_string(facility * 8 + severity(level)) + ">gunicorn.";
  return head.append(name).append(": [").append(std::to_string(process)).append("] ");
}

Result<Syslog> Syslog::open(const Wanted& wanted) {
  auto target = parse_syslog_target(wanted.address);
  if (!target) return target.error();
  const auto facility = syslog_facility(wanted.facility);
  if (!facility) return facility.error();
  Syslog made{std::move(*target), *facility, wanted.prefix};
  if (auto connected = made.connect(); !connected)
    return Error{connected.error().code,
                 "cannot log to syslog at '" + wanted.address + "': " + connected.error().context};
  return made;
}

Result<void> Syslog::connect() {
  is_stream_ = target_.kind == SyslogTarget::Kind::stream;
  auto made = dial(target_.address, is_stream_ ? SOCK_STREAM : SOCK_DGRAM);
  if (!made && target_.kind == SyslogTarget::Kind::either) {
    is_stream_ = true;
    made = dial(target_.address, SOCK_STREAM);
  }
  if (!made) return made.error();
  socket_ = std::move(*made);
  return {};
}

void Syslog::error_line(Level level, std::string_view text) { send(level, "error", text); }

void Syslog::access_lines(std::string_view lines) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size());
    send(Level::info, "access", lines.substr(0, end));
    lines.remove_prefix(std::min(lines.size(), end + 1));
  }
}

void Syslog::send(Level level, std::string_view kind, std::string_view text) {
  std::string message =
      syslog_head(facility_, level, prefix_ + "." + std::string{kind}, ::getpid());
  message.append(text);
  if (is_stream_) message.push_back('\n');
  if (!send_once(message) && connect()) send_once(message);
}

/// False: it has gone, and may be there again.
bool Syslog::send_once(const std::string& message) {
  const auto size = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
  if (size < 0) return errno == EAGAIN || errno == EMSGSIZE || errno == EINTR;
  return static_cast<std::size_t>(size) == message.size();
}

}  // namespace asgi_worker::arbiter
