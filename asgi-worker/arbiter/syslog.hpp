// Lines to a syslog daemon, in gunicorn's form: "<11>gunicorn.shop.error: [4711] text". Nobody
// waits for it: what it does not take at once is lost. When it was restarted, the next line finds
// it. Owned by Site; workers inherit it.
#pragma once

#include <string>
#include <string_view>

#include "asgi-worker/python/log.hpp"
#include "common/bind.hpp"
#include "common/error.hpp"
#include "common/unique_fd.hpp"

namespace asgi_worker::arbiter {

/// Where a text like "udp://localhost:514" or "unix:///dev/log#dgram" leads.
struct SyslogTarget {
  common::Address address;
  enum class Kind { datagram, stream, either } kind = Kind::datagram;
};

/// Errors: Errc::bad_value. Pure.
common::Result<SyslogTarget> parse_syslog_target(const std::string& text);

/// The number of a facility's name, as gunicorn knows them. Errors: Errc::bad_value. Pure.
common::Result<int> syslog_facility(std::string_view name);

/// What stands before a line's text. Pure.
std::string syslog_head(int facility, python::Level level, std::string_view name, long process);

class Syslog {
 public:
  struct Wanted {
    std::string address;
    std::string facility;
    std::string prefix;  // "shop"
  };
  static common::Result<Syslog> open(const Wanted& wanted);

  void error_line(python::Level level, std::string_view text);
  /// Whole lines, each with its end.
  void access_lines(std::string_view lines);

 private:
  Syslog(SyslogTarget target, int facility, std::string prefix)
      : target_{std::move(target)}, facility_{facility}, prefix_{std::move(prefix)} {}
  common::Result<void> connect();
  void send(python::Level level, std::string_view kind, std::string_view text);
  bool send_once(const std::string& message);

  SyslogTarget target_;
  int facility_;
  std::string prefix_;
  common::UniqueFd socket_;
  bool is_stream_ = false;
};

}  // namespace asgi_worker::arbiter
