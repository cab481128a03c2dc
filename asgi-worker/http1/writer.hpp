// Answers as bytes: status line, fields in uvicorn's order (date, server, extras, the
// application's, connection, transfer-encoding), and how the body is framed. Pure but for the
// date's cache; one for all connections of a server, one thread. Source: RFC 9112 6.1 and 9.3, RFC
// 9110 6.6.1 and 8.6.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "asgi-worker/http/buffer.hpp"
#include "asgi-worker/http/date.hpp"
#include "asgi-worker/http/request.hpp"

namespace asgi_worker::http1 {

struct AnswerHead {
  int status = 200;
  std::span<const http::Field> fields = {};         // checked, names lower-cased
  http::Version version = http::Version::http_1_1;  // the request's
  bool to_head = false;                             // the request's method is HEAD
  bool keep_alive = true;                           // what the connection would like
};

struct AnswerFraming {
  enum class Body {
    none,         // HEAD, 204, 304: what the application writes is dropped
    length,       // as content-length says
    chunked,      //
    until_close,  // to HTTP/1.0 without a length
  };
  Body body = Body::none;
  std::uint64_t length = 0;  // Body::length only
  bool keep_alive = true;    // false: `connection: close` has been said
};

class HeadWriter {
 public:
  using Fields = std::vector<std::pair<std::string, std::string>>;
  /// An empty `server`: no such field. One in `extra` takes its place.
  HeadWriter(std::string server, bool with_date, Fields extra);

  /// Appends the head of a final answer.
  AnswerFraming write(http::Buffer& out, const AnswerHead& head, std::time_t now);

  struct Refusal {
    int status = 400;
    std::string_view text = {};  // the body, text/plain; empty: as uvicorn says it
    bool to_head = false;
    int retry_after = 0;  // seconds; 0: nothing is said of it
  };
  /// Appends a whole answer after which the connection closes.
  void write_refusal(http::Buffer& out, const Refusal& refusal, std::time_t now);

 private:
  void renew(std::time_t now);

  std::string server_;
  bool with_date_;
  Fields extra_;
  http::Date date_;
  std::time_t second_ = -1;
  std::string date_line_, server_line_, extra_lines_;
  std::string ours_;  // the three together
};

/// The last chunk of a body, and what comes after it.
void write_last_chunk(http::Buffer& out, std::span<const http::Field> trailers);

/// An interim answer: 103 and the like.
void write_interim(http::Buffer& out, int status, std::span<const http::Field> fields);

/// 4xx: "Invalid HTTP request received." (uvicorn's 400); else the reason phrase.
std::string_view refusal_text(int status);

inline constexpr std::string_view continue_answer = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace asgi_worker::http1
