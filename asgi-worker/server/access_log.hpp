// One line for each request that was answered, gathered until the turn's end. Pure: bytes into a
// buffer, time is an argument. What a line needs of the request is copied when the request comes,
// since its views die; nothing is copied when the log is off.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "asgi-worker/http/request.hpp"
#include "asgi-worker/server/access_format.hpp"

namespace asgi_worker::server {

/// Which requests have a line.
struct AccessFilter {
  std::vector<std::string> excluded;  // paths; one that ends in * is a beginning
  double sample = 1;                  // the share of them; of those with 5xx, all
};

class AccessLog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// The parts of a line around what only the answer tells. Kept by the connection, reused.
  struct Entry {
    std::string text;
    std::vector<std::size_t> ends;           // of the parts in it: one before each late piece
    std::vector<std::string> answer_values;  // of the answer's fields that the line names, in turn
    Time began;
    bool is_wanted = false;
  };
  struct Outcome {
    int status = 0;
    std::uint64_t bytes = 0;  // of the answer's body
  };

  explicit AccessLog(AccessFormat format, AccessFilter filter = {});
  bool is_on() const { return format_.is_on(); }

  /// `target` is the request's, as it came.
  void begin(Entry& entry, const http::Request& request, std::string_view target, Time now);
  bool keeps_answer_fields() const { return format_.has_answer_fields; }
  void note_answer(Entry& entry, std::span<const http::Field> fields) const;
  void end(const Entry& entry, Outcome outcome, Time now, std::time_t wall);

  std::string_view lines() const { return lines_; }
  void clear() { lines_.clear(); }

 private:
  bool is_excluded(std::string_view path) const;
  bool is_in_sample(int status);
  void put_early(std::string& out, const Piece& piece, const http::Request& request,
                 std::string_view target);
  void put_late(const Piece& piece, Outcome outcome, std::chrono::nanoseconds took,
                std::time_t wall);
  void put_value(std::string& out, std::string_view value) const;
  void put_request_id(std::string& out, const http::Request& request);
  void put_colored(std::string& out, std::string_view color, std::string_view text) const;
  const std::string& clf_time(std::time_t now);

  AccessFormat format_;
  AccessFilter filter_;
  std::string lines_;
  std::string process_;
  std::uint64_t made_ids_ = 0;
  double sampled_ = 0;
  std::time_t second_ = -1;
  std::string time_;  // "[23/Nov/2026:05:33:25 +0000]", local time
};

}  // namespace asgi_worker::server
