#include "supervisord/log/syslog_sink.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace supervisord::log {
namespace {

bool is_full(int error) { return error == EAGAIN || error == ENOBUFS || error == ENOMEM; }

}  // namespace

std::string syslog_datagram(std::chrono::system_clock::time_point at, std::string_view ident,
                            std::string_view line) {
  static constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  char stamp[32];  // not by %b: it must not follow the locale
  const std::size_t size = std::strftime(stamp, sizeof stamp, " %e %H:%M:%S ", &local);
  std::string out = "<" + std::to_string(LOG_USER | LOG_INFO) + ">";
  out += months[static_cast<std::size_t>(local.tm_mon)];
  out.append(stamp, size).append(ident).append(": ").append(line);
  return out;
}

bool SyslogSink::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path_.data(), path_.size());
  common::UniqueFd made{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made || ::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address)) {
    return false;
  }
  socket_ = std::move(made);
  return true;
}

bool SyslogSink::send(std::string_view line) {
  const std::string bytes = syslog_datagram(std::chrono::system_clock::now(), ident_, line);
  // Twice: a syslog daemon that was started anew has another socket.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!socket_ && !connect()) return true;
    if (::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0) {
      full_since_ = {};
      return true;
    }
    if (is_full(errno)) {
      if (full_since_ == Clock::time_point{}) full_since_ = now_();
      return now_() - full_since_ >= patience;
    }
    socket_.reset();
  }
  return true;
}

void SyslogLog::write(std::string_view line) {
  constexpr std::size_t most_waiting = 1000;
  for (int field = 0; field < 3; ++field) {  // date, time, level
    line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
  }
  if (line.ends_with('\n')) line.remove_suffix(1);
  for (;;) {
    const std::size_t end = line.find('\n');
    waiting_.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) break;
    line.remove_prefix(end + 1);
  }
  while (!waiting_.empty() && sink_.send(waiting_.front())) waiting_.pop_front();
  while (waiting_.size() > most_waiting) waiting_.pop_front();
}

}  // namespace supervisord::log
