// One line for each request that was answered, gathered until the turn's end. Pure: bytes into a
// buffer, time is an argument. What a line needs of the request is copied when the request comes,
// since its views die; nothing is copied when the log is off.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "asgi-worker/http/request.hpp"
#include "asgi-worker/server/settings.hpp"

namespace asgi_worker::server {

class AccessLog {
 public:
  /// The parts of a line around what only the answer tells. Kept by the connection, reused.
  struct Entry {
    std::string head;
    std::string request;
    std::string tail;
  };
  struct Outcome {
    int status = 0;
    std::uint64_t bytes = 0;  // of the answer's body
  };

  explicit AccessLog(AccessFormat format) : format_{format} {}
  bool is_on() const { return format_ != AccessFormat::off; }

  /// `target` is the request's, as it came.
  void begin(Entry& entry, const http::Request& request, std::string_view target) const;
  void end(const Entry& entry, Outcome outcome, std::time_t now);

  std::string_view lines() const { return lines_; }
  void clear() { lines_.clear(); }

 private:
  void put_time(std::time_t now);

  AccessFormat format_;
  std::string lines_;
  std::time_t second_ = -1;
  std::string time_;  // "[23/Nov/2026:05:33:25 +0000]", local time
};

}  // namespace asgi_worker::server
