#include "asgi-worker/http1/writer.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "asgi-worker/http/fields.hpp"
#include "asgi-worker/http/status.hpp"

namespace asgi_worker::http1 {
namespace {

using http::Field;
using Body = AnswerFraming::Body;

/// What the application's fields say about those that are ours.
struct Found {
  bool date = false;
  bool server = false;
  bool close = false;
  std::optional<std::uint64_t> length;
  std::size_t bytes = 0;  // of all its lines
};

Found look_at(std::span<const Field> fields) {
  Found found;
  for (const Field& field : fields) {
    found.bytes += field.name.size() + field.value.size() + 4;
    switch (field.name.size()) {
      case 4: found.date |= field.name == "date"; break;
      case 6: found.server |= field.name == "server"; break;
      case 10:
        if (field.name == "connection") found.close |= http::list_has(field.value, "close");
        break;
      case 14:
        if (field.name == "content-length" && !found.length)
          found.length = http::parse_length(field.value);
        break;
      default: break;
    }
  }
  return found;
}

bool bears_no_length(int status) { return status < 200 || status == 204; }
constexpr int reset_content =
    205;  // framed as others are, by a length of nothing (RFC 9110 15.3.6)

Body choose_body(const AnswerHead& head, const Found& found) {
  if (head.to_head || bears_no_length(head.status) || head.status == 304 ||
      head.status == reset_content)
    return Body::none;
  if (found.length) return Body::length;
  return head.version == http::Version::http_1_0 ? Body::until_close : Body::chunked;
}

/// Framing and persistence are the writer's: such fields of the application are written anew, or
/// not at all.
bool is_ours(const Field& field) {
  switch (field.name.size()) {
    case 10:
      return field.name == "connection" &&
             (http::list_has(field.value, "close") || http::list_has(field.value, "keep-alive"));
    case 14: return field.name == "content-length";
    case 17: return field.name == "transfer-encoding";
    default: return false;
  }
}

/// Writes into memory that is known to be enough.
class Pen {
 public:
  explicit Pen(char* at) : first_{at}, at_{at} {}
  void put(std::string_view bytes) {
    if (bytes.empty()) return;  // its data may be null
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void put_line(std::string_view name, std::string_view value) {
    put(name);
    *at_++ = ':';
    *at_++ = ' ';
    put(value);
    *at_++ = '\r';
    *at_++ = '\n';
  }
  void put_number(std::uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  std::size_t written() const { return static_cast<std::size_t>(at_ - first_); }

 private:
  char* first_;
  char* at_;
};

void put_line(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

void write_lines(http::Buffer& out, std::span<const Field> fields) {
  std::string lines;
  for (const auto& [name, value] : fields) put_line(lines, name, value);
  out.append(lines + "\r\n");
}

}  // namespace

HeadWriter::HeadWriter(std::string server, bool with_date, Fields extra)
    : server_{std::move(server)}, with_date_{with_date}, extra_{std::move(extra)} {
  for (const auto& [name, value] : extra_) {
    if (name == "server")
      server_ = value;
    else
      put_line(extra_lines_, name, value);
  }
  if (!server_.empty()) put_line(server_line_, "server", server_);
}

void HeadWriter::renew(std::time_t now) {
  if (now == second_) return;
  second_ = now;
  date_line_.clear();
  if (with_date_) put_line(date_line_, "date", date_.at(now));
  ours_ = date_line_ + server_line_ + extra_lines_;
}

AnswerFraming HeadWriter::write(http::Buffer& out, const AnswerHead& head, std::time_t now) {
  renew(now);
  Found found = look_at(head.fields);
  if (head.status == reset_content) found.length = 0;
  const Body body = choose_body(head, found);
  const bool keep_alive = head.keep_alive && !found.close && body != Body::until_close;
  const std::string_view reason = head.status == 200 ? "OK" : http::reason_phrase(head.status);

  constexpr std::size_t frame_bytes = 160;  // status line, connection, framing, the empty line
  Pen pen{out.prepare(frame_bytes + reason.size() + ours_.size() + found.bytes)};
  if (head.status == 200) {
    pen.put("HTTP/1.1 200 OK\r\n");
  } else {
    pen.put("HTTP/1.1 ");
    pen.put_number(static_cast<std::uint64_t>(head.status));
    pen.put(" ");
    pen.put(reason);
    pen.put("\r\n");
  }
  if (!found.date && !found.server) {
    pen.put(ours_);
  } else {  // the application's own win
    if (!found.date) pen.put(date_line_);
    if (!found.server) pen.put(server_line_);
    pen.put(extra_lines_);
  }
  bool length_written = !found.length || bears_no_length(head.status);
  for (const Field& field : head.fields) {
    if (!is_ours(field)) {
      pen.put_line(field.name, field.value);
    } else if (!length_written && field.name == "content-length") {
      pen.put("content-length: ");
      pen.put_number(*found.length);
      pen.put("\r\n");
      length_written = true;
    }
  }
  if (!length_written && head.status == reset_content) pen.put("content-length: 0\r\n");
  if (!keep_alive)
    pen.put("connection: close\r\n");
  else if (head.version == http::Version::http_1_0)
    pen.put("connection: keep-alive\r\n");
  if (body == Body::chunked) pen.put("transfer-encoding: chunked\r\n");
  pen.put("\r\n");
  out.commit(pen.written());
  return {body, body == Body::length ? *found.length : 0, keep_alive};
}

void HeadWriter::write_refusal(http::Buffer& out, const Refusal& refusal, std::time_t now) {
  const std::string_view text = refusal.text.empty() ? refusal_text(refusal.status) : refusal.text;
  char digits[20];
  const char* const end = std::to_chars(digits, digits + sizeof digits, text.size()).ptr;
  char seconds[20];
  const char* const seconds_end =
      std::to_chars(seconds, seconds + sizeof seconds, refusal.retry_after).ptr;
  const std::array<Field, 3> fields{
      Field{"content-type", "text/plain; charset=utf-8"},
      Field{"content-length", {digits, static_cast<std::size_t>(end - digits)}},
      refusal.status == 405 ? Field{"allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"}
                            : Field{"retry-after", {seconds, seconds_end}}};
  const std::span<const Field> all{fields};
  write(out,
        {.status = refusal.status,
         .fields = refusal.status == 405 || refusal.retry_after != 0  // RFC 9110 15.5.6, 10.2.3
                       ? all
                       : all.first(2),
         .to_head = refusal.to_head,
         .keep_alive = false},
        now);
  if (!refusal.to_head) out.append(text);
}

void write_last_chunk(http::Buffer& out, std::span<const Field> trailers) {
  out.append("0\r\n");
  write_lines(out, trailers);
}

void write_interim(http::Buffer& out, int status, std::span<const Field> fields) {
  out.append("HTTP/1.1 " + std::to_string(status) + " ");
  out.append(http::reason_phrase(status));
  out.append("\r\n");
  write_lines(out, fields);
}

std::string_view refusal_text(int status) {
  if (status >= 400 && status < 500) return "Invalid HTTP request received.";
  return http::reason_phrase(status);
}

}  // namespace asgi_worker::http1
