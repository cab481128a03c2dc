#include "asgi-worker/server/access_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http/status.hpp"

namespace asgi_worker::server {
namespace {

constexpr std::string_view digits = "0123456789abcdef";
constexpr std::string_view plain = "\x1b[0m";

bool is_late(Atom atom) { return atom >= Atom::time; }

/// What comes from the client can neither end the line nor its quotes.
void put_escaped(std::string& out, std::string_view text, std::string_view code) {
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value < 0x20 || value >= 0x7f) {
      out += code;
      out += digits[value >> 4];
      out += digits[value & 15];
    } else {
      if (byte == '"' || byte == '\\') out += '\\';
      out += byte;
    }
  }
}

std::string_view version_of(const http::Request& request) {
  return request.version == http::Version::http_1_0 ? "1.0" : "1.1";
}

/// "dXNlcjpwdw==" -> "user"
std::string basic_user(std::string_view field) {
  if (field.size() < 6 || (field.substr(0, 6) != "Basic " && field.substr(0, 6) != "basic "))
    return "-";
  std::string user;
  unsigned bits = 0;
  int count = 0;
  for (const char byte : field.substr(6)) {
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto value = alphabet.find(byte);
    if (value == std::string_view::npos) break;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const char decoded = static_cast<char>(bits >> count & 0xff);
    if (decoded == ':') return user.empty() ? "-" : user;
    user += decoded;
  }
  return "-";  // no colon: not what it says it is
}

std::string_view status_color(int status) {
  switch (status / 100) {
    case 2: return "\x1b[32m";
    case 3: return "\x1b[33m";
    case 4: return "\x1b[31m";
    case 5: return "\x1b[91m";
    default: return "\x1b[97m";
  }
}

std::string decimal(double value, int precision) {
  std::array<char, 48> text{};
  const int size = std::snprintf(text.data(), text.size(), "%.*f", precision, value);
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string iso_time(std::time_t wall) {
  std::tm parts{};
  ::gmtime_r(&wall, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

AccessLog::AccessLog(AccessFormat format, AccessFilter filter)
    : format_{std::move(format)},
      filter_{std::move(filter)},
      process_{std::to_string(::getpid())} {}

bool AccessLog::is_excluded(std::string_view path) const {
  return std::ranges::any_of(filter_.excluded, [&](std::string_view known) {
    return known.ends_with('*') ? path.starts_with(known.substr(0, known.size() - 1))
                                : path == known;
  });
}

bool AccessLog::is_in_sample(int status) {
  if (filter_.sample >= 1 || status >= 500) return true;
  sampled_ += filter_.sample;
  if (sampled_ < 1) return false;
  sampled_ -= 1;
  return true;
}

void AccessLog::begin(Entry& entry, const http::Request& request, std::string_view target,
                      Time now) {
  entry.is_wanted = !is_excluded(request.raw_path);
  if (!entry.is_wanted) return;
  entry.text.clear();
  entry.ends.clear();
  entry.answer_values.clear();
  entry.began = now;
  for (const Piece& piece : format_.pieces) {
    if (is_late(piece.atom))
      entry.ends.push_back(entry.text.size());
    else
      put_early(entry.text, piece, request, target);
  }
}

void AccessLog::note_answer(Entry& entry, std::span<const http::Field> fields) const {
  if (!entry.is_wanted) return;
  entry.answer_values.clear();
  for (const Piece& piece : format_.pieces)
    if (piece.atom == Atom::answer_field)
      put_value(entry.answer_values.emplace_back(),
                http::find_field(fields, piece.text).value_or("-"));
}

void AccessLog::end(const Entry& entry, Outcome outcome, Time now, std::time_t wall) {
  if (!entry.is_wanted || !is_in_sample(outcome.status)) return;
  const std::string_view text = entry.text;
  std::size_t done = 0;
  auto next = entry.ends.begin();
  auto answer_value = entry.answer_values.begin();
  for (const Piece& piece : format_.pieces) {
    if (!is_late(piece.atom)) continue;
    lines_.append(text.substr(done, *next - done));
    done = *next++;
    if (piece.atom == Atom::answer_field)  // an answer of the server's own has none of them
      lines_.append(answer_value == entry.answer_values.end() ? "-" : *answer_value++);
    put_late(piece, outcome, now - entry.began, wall);
  }
  lines_.append(text.substr(done)).push_back('\n');
}

void AccessLog::put_value(std::string& out, std::string_view value) const {
  put_escaped(out, value, format_.is_json ? "\\u00" : "\\x");
}

void AccessLog::put_colored(std::string& out, std::string_view color, std::string_view text) const {
  if (format_.has_colors) out.append(color);
  out.append(text);
  if (format_.has_colors) out.append(plain);
}

void AccessLog::put_request_id(std::string& out, const http::Request& request) {
  if (const auto id = http::find_field(request.fields, "x-request-id")) return put_value(out, *id);
  out.append(process_).append("-").append(std::to_string(++made_ids_));
}

void AccessLog::put_early(std::string& out, const Piece& piece, const http::Request& request,
                          std::string_view target) {
  const bool has_host = request.peer != nullptr && !request.peer->is_unix;
  switch (piece.atom) {
    case Atom::text: out.append(piece.text); return;
    case Atom::level:
      put_colored(out, "\x1b[32m", "INFO");
      out.append(":     ");
      return;
    case Atom::client:  // IPv6 unbracketed, as uvicorn has it
      if (!has_host) return;
      put_value(out, request.peer->host);  // it may be what a proxy wrote
      out.append(":").append(std::to_string(request.peer->port));
      return;
    case Atom::host: put_value(out, has_host ? std::string_view{request.peer->host} : "-"); return;
    case Atom::user:
      put_value(out, basic_user(http::find_field(request.fields, "authorization").value_or("")));
      return;
    case Atom::dash: out.append("-"); return;
    case Atom::method: put_value(out, request.method); return;
    case Atom::target: put_value(out, target); return;
    case Atom::path: put_value(out, request.raw_path); return;
    case Atom::query: put_value(out, request.query); return;
    case Atom::protocol: out.append("HTTP/").append(version_of(request)); return;
    case Atom::version: out.append(version_of(request)); return;
    case Atom::scheme: out.append(request.scheme); return;
    case Atom::request:
      if (format_.has_colors) out.append("\x1b[1m");
      put_value(out, request.method);
      out.append(" ");
      put_value(out, target);
      out.append(" HTTP/").append(version_of(request));
      if (format_.has_colors) out.append(plain);
      return;
    case Atom::field:
      put_value(out, http::find_field(request.fields, piece.text).value_or("-"));
      return;
    case Atom::request_id: return put_request_id(out, request);
    case Atom::process: out.append(process_); return;
    case Atom::variable: put_value(out, piece.text); return;
    case Atom::time:
    case Atom::iso_time:
    case Atom::status:
    case Atom::status_phrase:
    case Atom::bytes:
    case Atom::bytes_number:
    case Atom::seconds:
    case Atom::seconds_exact:
    case Atom::milliseconds:
    case Atom::milliseconds_exact:
    case Atom::microseconds:
    case Atom::answer_field: return;  // late
  }
}

void AccessLog::put_late(const Piece& piece, Outcome outcome, std::chrono::nanoseconds took,
                         std::time_t wall) {
  using namespace std::chrono;
  const double seconds = duration<double>(took).count();
  switch (piece.atom) {
    case Atom::time: lines_.append(clf_time(wall)); return;
    case Atom::iso_time: lines_.append(iso_time(wall)); return;
    case Atom::status: lines_.append(std::to_string(outcome.status)); return;
    case Atom::status_phrase: {
      auto text = std::to_string(outcome.status);
      text.append(" ").append(http::reason_phrase(outcome.status));
      return put_colored(lines_, status_color(outcome.status), text);
    }
    case Atom::bytes:
      lines_.append(outcome.bytes == 0 ? "-" : std::to_string(outcome.bytes));
      return;
    case Atom::bytes_number: lines_.append(std::to_string(outcome.bytes)); return;
    case Atom::seconds:
      lines_.append(decimal(piece.precision < 0 ? double(long(seconds)) : seconds,
                            std::max(piece.precision, 0)));
      return;
    case Atom::seconds_exact: lines_.append(decimal(seconds, 6)); return;
    case Atom::milliseconds:
      lines_.append(std::to_string(duration_cast<std::chrono::milliseconds>(took).count()));
      return;
    case Atom::milliseconds_exact:
      lines_.append(decimal(seconds * 1000, piece.precision < 0 ? 3 : piece.precision));
      return;
    case Atom::microseconds:
      lines_.append(std::to_string(duration_cast<std::chrono::microseconds>(took).count()));
      return;
    case Atom::text:
    case Atom::level:
    case Atom::client:
    case Atom::host:
    case Atom::user:
    case Atom::dash:
    case Atom::method:
    case Atom::target:
    case Atom::path:
    case Atom::query:
    case Atom::protocol:
    case Atom::version:
    case Atom::scheme:
    case Atom::request:
    case Atom::field:
    case Atom::request_id:
    case Atom::process:
    case Atom::variable: return;      // early
    case Atom::answer_field: return;  // end() has put it
  }
}

const std::string& AccessLog::clf_time(std::time_t now) {
  if (now != second_) {
    second_ = now;
    std::tm parts{};
    ::localtime_r(&now, &parts);
    std::array<char, 40> text{};
    time_.assign(text.data(),
                 std::strftime(text.data(), text.size(), "[%d/%b/%Y:%H:%M:%S %z]", &parts));
  }
  return time_;
}

}  // namespace asgi_worker::server
