// Lines to the local syslog daemon: one datagram each, as libc's syslog() writes them, facility
// user, priority info. Never waits: what the daemon does not take now is the caller's to offer
// again, for some seconds; with no daemon there, lines go nowhere, as with libc. Calls come from
// one thread at a time.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "common/log.hpp"
#include "common/unique_fd.hpp"

namespace supervisord::log {

class SyslogSink {
 public:
  using Clock = std::chrono::steady_clock;

  /// `path` and `now` are for tests.
  explicit SyslogSink(std::string ident, std::string path = "/dev/log",
                      std::function<Clock::time_point()> now = Clock::now)
      : ident_{std::move(ident)}, path_{std::move(path)}, now_{std::move(now)} {}

  /// False: its queue is full, and has been for less than `patience`; the line is not taken.
  bool send(std::string_view line);

  static constexpr std::chrono::seconds patience{5};

 private:
  bool connect();

  std::string ident_;
  std::string path_;
  std::function<Clock::time_point()> now_;
  common::UniqueFd socket_;
  Clock::time_point full_since_{};  // epoch: it is not
};

/// The daemon's own log to syslog: the messages, each line of one a record, without time and level.
/// What is not taken at once goes with the next one; more than a thousand lines are not kept.
class SyslogLog : public common::LogOutput {
 public:
  explicit SyslogLog(SyslogSink sink) : sink_{std::move(sink)} {}
  void write(std::string_view line) override;

 private:
  SyslogSink sink_;
  std::deque<std::string> waiting_;
};

/// "<14>Nov 23 07:12:00 supervisord: line": RFC 3164 as libc has it, local time.
std::string syslog_datagram(std::chrono::system_clock::time_point at, std::string_view ident,
                            std::string_view line);

}  // namespace supervisord::log
