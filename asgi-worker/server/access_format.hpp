// How a line of the access log looks: a preset's name, or a text with gunicorn's, uvicorn's or
// granian's atoms, "%(h)s %(r)s", made into pieces once. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace asgi_worker::server {

enum class Atom {
  text,    // as it stands
  level,   // "INFO:     "
  client,  // host:port; nothing for a Unix socket
  host,    // host; - for a Unix socket
  user,    // of Basic authentication
  dash,    // what is never known
  method,
  target,  // as it came
  path,    // without the query
  query,
  protocol,  // HTTP/1.1
  version,   // 1.1
  scheme,
  request,     // GET /x?y HTTP/1.1
  field,       // of the request
  request_id,  // its x-request-id, or one of ours
  process,
  variable,  // of the environment
  // Known at the end only.
  time,      // [23/Nov/2026:05:33:25 +0000]
  iso_time,  // 2026-11-23T05:33:25Z
  status,
  status_phrase,  // 200 OK
  bytes,          // - for none
  bytes_number,
  seconds,
  seconds_exact,  // with six digits behind the point
  milliseconds,
  milliseconds_exact,
  microseconds,
  answer_field,  // as the application sent it
};

struct Piece {
  Atom atom;
  std::string text;    // as it stands; or the name of a field or variable
  int precision = -1;  // digits behind the point
};

struct AccessFormat {
  std::vector<Piece> pieces;  // none: no log
  bool is_json = false;       // how values are escaped
  bool has_colors = false;
  bool has_answer_fields = false;  // among the pieces

  bool is_on() const { return !pieces.empty(); }
};

/// uvicorn, uvicorn-worker, gunicorn (which is combined), common, json, ecs, or a text with atoms.
/// Errors: Errc::bad_value, which names the atom.
common::Result<AccessFormat> parse_access_format(std::string_view format);

}  // namespace asgi_worker::server
