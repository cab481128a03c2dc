#include "asgi-worker/server/access_log.hpp"

#include <array>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http/status.hpp"

namespace asgi_worker::server {
namespace {

/// What comes from the client can neither end the line nor its quotes.
void put_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || value >= 0x7f) {
      out += "\\x";
      out += digits[value >> 4];
      out += digits[value & 15];
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += byte;
    }
  }
}

/// "127.0.0.1:5", "[::1]:5" unbracketed as uvicorn has it; nothing for a Unix socket.
void put_client(std::string& out, const http::Endpoint* peer, bool with_port) {
  if (peer == nullptr || peer->is_unix) return;
  put_escaped(out, peer->host);  // it may be what a proxy wrote
  if (!with_port) return;
  out += ':';
  out += std::to_string(peer->port);
}

void put_request_line(std::string& out, const http::Request& request, std::string_view target) {
  out += '"';
  put_escaped(out, request.method);
  out += ' ';
  put_escaped(out, target);
  out += request.version == http::Version::http_1_0 ? " HTTP/1.0\" " : " HTTP/1.1\" ";
}

}  // namespace

void AccessLog::begin(Entry& entry, const http::Request& request, std::string_view target) const {
  entry.head.clear();
  entry.request.clear();
  entry.tail.clear();
  put_request_line(entry.request, request, target);
  if (format_ != AccessFormat::combined) {
    if (format_ == AccessFormat::uvicorn) entry.head = "INFO:     ";
    put_client(entry.head, request.peer, true);
    entry.head += " - ";
    return;
  }
  put_client(entry.head, request.peer, false);
  if (entry.head.empty()) entry.head = "-";
  entry.head += " - - ";
  for (const std::string_view name : {"referer", "user-agent"}) {
    entry.tail += " \"";
    put_escaped(entry.tail, http::find_field(request.fields, name).value_or("-"));
    entry.tail += '"';
  }
}

void AccessLog::end(const Entry& entry, Outcome outcome, std::time_t now) {
  lines_ += entry.head;
  if (format_ == AccessFormat::combined) put_time(now);
  lines_ += entry.request;
  lines_ += std::to_string(outcome.status);
  if (format_ == AccessFormat::uvicorn) {
    lines_ += ' ';
    lines_ += http::reason_phrase(outcome.status);
  } else if (format_ == AccessFormat::combined) {
    lines_ += ' ';
    lines_ += outcome.bytes == 0 ? "-" : std::to_string(outcome.bytes);
    lines_ += entry.tail;
  }
  lines_ += '\n';
}

void AccessLog::put_time(std::time_t now) {
  if (now != second_) {
    second_ = now;
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 40> text{};
    time_.assign(text.data(),
                 std::strftime(text.data(), text.size(), "[%d/%b/%Y:%H:%M:%S %z] ", &parts));
  }
  lines_ += time_;
}

}  // namespace asgi_worker::server
