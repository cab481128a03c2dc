#include "supervisord/web/response_head.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/http/status.hpp>

namespace supervisord::web {
namespace {

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  for (const char byte : value) out += byte == '\r' || byte == '\n' || byte == '\0' ? ' ' : byte;
  out += "\r\n";
}

}  // namespace

std::string http_date(std::chrono::system_clock::time_point at) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(at)));
}

std::string response_head(const Response& response, const HeadOptions& options) {
  namespace http = boost::beast::http;
  const std::string_view reason = http::obsolete_reason(http::int_to_status(response.status));
  std::string out =
      fmt::format("HTTP/1.{} {} {}\r\n", options.minor_version, response.status, reason);
  // Not Supervisor's "Medusa/1.12": no client looks at it, and it would be a lie.
  add_field(out, "Server", "supervisord");
  add_field(out, "Date", http_date(options.now));
  if (!response.content_type.empty()) add_field(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.fields) add_field(out, name, value);
  switch (options.framing) {
    case Framing::length:
      add_field(out, "Content-Length", std::to_string(response.body.size()));
      break;
    case Framing::chunked: add_field(out, "Transfer-Encoding", "chunked"); break;
    case Framing::until_close: break;
  }
  if (!options.keep_alive) {
    add_field(out, "Connection", "close");
  } else if (options.minor_version == 0) {
    add_field(out, "Connection", "Keep-Alive");
  }
  return out + "\r\n";
}

std::string chunk_of(std::string_view bytes) {
  return fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
}

}  // namespace supervisord::web
