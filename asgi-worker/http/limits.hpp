// How much a client may send and how long it may take. Plain values; the defaults are uvicorn's
// profile, gunicorn_limits() and gunicorn_timeouts() are gunicorn's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace asgi_worker::http {

/// What becomes of a field whose name bears an underscore (it may pose as another one for a proxy).
enum class UnderscoredNames { keep, drop, refuse };

/// What a configuration may permit that is refused otherwise (gunicorn's names; each is dangerous
/// behind a proxy that reads it differently).
struct Permits {
  bool obsolete_folding = false;        // joined by blanks; never in fields that frame
  bool lower_case_method = false;       // made upper-case, as ASGI has them
  bool unconventional_version = false;  // HTTP/1.2 and later minors, as 1.1
  bool spaces_before_colon = false;     // stripped
};

struct Limits {
  std::size_t request_line = 65'536;          // without its CRLF; more: 414
  std::size_t fields = 1'000;                 // more: 431
  std::size_t field_size = 65'536;            // one field line with its CRLF; more: 431
  std::size_t field_section = 1'024 * 1'024;  // all field lines of a head; more: 431
  std::uint64_t body = 0;                     // more: 413; 0: no limit
  UnderscoredNames underscored_names = UnderscoredNames::keep;
  Permits permits = {};
};

/// A duration of zero means: no limit. Keep-alive: no connection is kept.
struct Timeouts {
  std::chrono::milliseconds keep_alive{5'000};  // between two requests
  std::chrono::milliseconds head{30'000};       // from its first byte, or from accept
  std::chrono::milliseconds body{60'000};       // between two reads of a body
  std::chrono::milliseconds write{60'000};      // the socket takes nothing
  std::chrono::milliseconds request{0};         // from a request's head to its answer's end
};

/// Gunicorn 27: limit_request_line, limit_request_fields, limit_request_field_size, header_map.
constexpr Limits gunicorn_limits() {
  return {.request_line = 4'094,
          .fields = 100,
          .field_size = 8'190,
          .underscored_names = UnderscoredNames::drop};
}

constexpr Timeouts gunicorn_timeouts() { return {.keep_alive = std::chrono::milliseconds{2'000}}; }

/// Gunicorn's way of writing "no limit", made a number that a buffer can bear.
constexpr std::size_t request_line_limit(std::size_t option) {
  return option == 0 ? 1'024 * 1'024 : option;
}
constexpr std::size_t fields_limit(std::size_t option) { return option == 0 ? 32'768 : option; }
constexpr std::size_t field_size_limit(std::size_t option) { return option == 0 ? 8'190 : option; }

}  // namespace asgi_worker::http
