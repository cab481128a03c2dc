#include "asgi-worker/http1/parser.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace asgi_worker::http1 {
namespace {

using http::Field;

constexpr char tls_handshake = 0x16;  // the first byte of a ClientHello
constexpr std::string_view version_shape = "HTTP/0.0\r\n";

template <class Line>
Parser::Step step_of(const Line& line) {
  if (line.kind == Line::Kind::unfinished) return {Parser::Event::need_more};
  return {Parser::Event::refused, 0, {}, line.status};
}
Parser::Step refused(int status) { return {Parser::Event::refused, 0, {}, status}; }
Parser::Step need_more() { return {Parser::Event::need_more}; }
bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_method_byte(char byte) {
  return http::is_token_byte(byte) && !(byte >= 'a' && byte <= 'z');
}
/// RFC 3986 3.2.2 and 3.2.3, without userinfo.
constexpr std::array<bool, 256> make_host_bytes() {
  std::array<bool, 256> table{};
  for (const char byte : std::string_view{"-._~%!$&'()*+,;=:[]0123456789"})
    table[static_cast<unsigned char>(byte)] = true;
  for (unsigned char byte = 'a'; byte <= 'z'; ++byte) table[byte] = table[byte & 0x5f] = true;
  return table;
}
constexpr std::array<bool, 256> host_bytes = make_host_bytes();
bool is_host(std::string_view text) {
  bool good = true;
  for (const char byte : text) good &= host_bytes[static_cast<unsigned char>(byte)];
  return good;
}

/// Moves a view from the bytes at `from` to the same ones at `to`.
void shift(std::string_view& view, const char* from, const char* to) {
  if (view.data() == nullptr) return;
  const auto offset =
      reinterpret_cast<std::uintptr_t>(view.data()) - reinterpret_cast<std::uintptr_t>(from);
  view = {to + offset, view.size()};
}

std::string_view trimmed(const char* first, const char* last) {
  while (first != last && (*first == ' ' || *first == '\t')) ++first;
  while (first != last && (last[-1] == ' ' || last[-1] == '\t')) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

}  // namespace

Parser::Parser(const http::Limits& limits, Kernel kernel)
    : limits_{limits},
      kernel_{kernel}
#if defined(__SSE2__)
      ,
      simd_{simd_scan(kernel)}
#endif
{
}

Parser::Step Parser::next(char* data, std::size_t size) {
  if (phase_ == Phase::body) return next_body({data, size});
#if defined(__SSE2__)
  if (kernel_ != Kernel::plain) return next_head(simd_, data, data + size);
#endif
  return next_head(PlainScan{}, data, data + size);
}

template <class Scan>
Parser::Step Parser::next_head(const Scan& scan, char* data, char* end) {
  if (phase_ == Phase::start) {
    if (data == end) return need_more();
    begin();
    if (*data == '\r') {  // RFC 9112 2.2: one empty line is forgiven
      if (end - data < 2) return need_more();
      if (data[1] != '\n') return refused(400);
      line_ = 2;
    }
    base_ = data;
    phase_ = Phase::request_line;
  } else if (data != base_) {
    rebase(data);
  }
  if (phase_ == Phase::request_line) {
    const Line line = take_request_line(scan, data + line_, end);
    if (line.kind != Line::Kind::taken) return step_of(line);
    line_ += line.size;
    section_ = line_;
    phase_ = Phase::fields;
  }
  for (;;) {
    const char* const at = data + line_;
    if (at == end) return need_more();
    if (*at == '\r') {
      if (end - at < 2) return need_more();
      if (at[1] != '\n') return refused(400);
      line_ += 2;
      return finish_head(data);
    }
    const Line line = take_field(scan, data + line_, end);
    if (line.kind != Line::Kind::taken) return step_of(line);
    line_ += line.size;
  }
}

Parser::Line Parser::taken(std::size_t size) { return {Line::Kind::taken, 0, size}; }
Parser::Line Parser::refused_as(int status) { return {Line::Kind::refused, status, 0}; }

template <class Scan>
Parser::Line Parser::take_request_line(const Scan& scan, char* line, char* end) {
  const char* at = line;
  if (at != end && *at == tls_handshake) return refused_as(0);
  // What lies behind the limit is not looked at, so that the answer does not hang on the split.
  const bool cut = static_cast<std::size_t>(end - line) > limits_.request_line;
  const char* const stop = cut ? line + limits_.request_line + 1 : end;
  const Line short_of_line = cut ? refused_as(414) : Line{Line::Kind::unfinished, 0, 0};

  while (at != stop && is_method_byte(*at)) ++at;
  if (at == stop) return short_of_line;
  if (*at != ' ' || at == line) return refused_as(400);
  head_.method = {line, static_cast<std::size_t>(at - line)};

  const char* const target = ++at;
  at = scan.target_end(at, stop);
  if (at == stop) return short_of_line;
  if (*at != ' ' || at == target) return refused_as(400);
  head_.target = {target, static_cast<std::size_t>(at - target)};

  ++at;
  const std::size_t line_size = static_cast<std::size_t>(at - line) + version_shape.size() - 2;
  if (line_size > limits_.request_line) return refused_as(414);
  return take_version(line, at, end);
}

Parser::Line Parser::take_version(const char* line, const char* at, const char* end) {
  const auto there = std::min(static_cast<std::size_t>(end - at), version_shape.size());
  for (std::size_t index = 0; index < there; ++index) {
    const bool fits =
        version_shape[index] == '0' ? is_digit(at[index]) : at[index] == version_shape[index];
    if (!fits) return refused_as(400);
  }
  if (there < version_shape.size()) return {Line::Kind::unfinished, 0, 0};
  if (at[5] != '1' || at[7] > '1') return refused_as(505);
  head_.version = at[7] == '1' ? http::Version::http_1_1 : http::Version::http_1_0;
  if (const int status = take_target(); status != 0) return refused_as(status);
  return taken(static_cast<std::size_t>(at - line) + version_shape.size());
}

/// RFC 9112 3.2. Answers the status to refuse with, or 0.
int Parser::take_target() {
  std::string_view target = head_.target;
  if (head_.method == "CONNECT") return 405;
  target = target.substr(0, target.find('#'));  // as uvicorn: a fragment and all behind it is lost
  if (target == "*") {
    if (head_.method != "OPTIONS") return 400;
    head_.raw_path = target;
    return 0;
  }
  if (!target.starts_with('/')) {
    const std::size_t colon = target.find("://");
    if (colon == std::string_view::npos) return 400;
    const std::string_view scheme = target.substr(0, colon);
    if (!http::equals_lower(scheme, "http") && !http::equals_lower(scheme, "https")) return 400;
    const std::string_view slash = target.substr(colon + 2, 1);
    target.remove_prefix(colon + 3);
    head_.authority = target.substr(0, target.find_first_of("/?"));
    if (head_.authority.empty() || !is_host(head_.authority)) return 400;
    target.remove_prefix(head_.authority.size());
    if (!target.starts_with('/')) {  // no path: it is "/"
      head_.raw_path = slash;
      if (!target.empty()) head_.query = target.substr(1);
      return 0;
    }
  }
  const std::size_t mark = target.find('?');
  head_.raw_path = target.substr(0, mark);
  if (mark != std::string_view::npos) head_.query = target.substr(mark + 1);
  return 0;
}

template <class Scan>
Parser::Line Parser::take_field(const Scan& scan, char* line, char* end) {
  if (field_lines_ == limits_.fields) return refused_as(431);
  const std::size_t used = line_ - section_;
  const std::size_t room = std::min(limits_.field_size, limits_.field_section - used);
  const bool cut = static_cast<std::size_t>(end - line) >= room;
  char* const stop = cut ? line + room : end;
  const Line short_of_line = cut ? refused_as(431) : Line{Line::Kind::unfinished, 0, 0};

  const FieldLine found = scan.field_line(line, stop);
  if (found.name_end == stop) return short_of_line;
  // A blank here is either a folded line or one before the colon: both change what is framed.
  if (*found.name_end != ':' || found.name_end == line) return refused_as(400);
  if (found.value_stop == stop) return short_of_line;
  if (*found.value_stop != '\r') return refused_as(400);
  const auto size = static_cast<std::size_t>(found.value_stop - line) + 2;
  if (size > room) return refused_as(431);
  if (found.value_stop + 1 == end) return {Line::Kind::unfinished, 0, 0};
  if (found.value_stop[1] != '\n') return refused_as(400);

  ++field_lines_;
  const std::string_view name{line, static_cast<std::size_t>(found.name_end - line)};
  const char* const value = found.name_end + 1;
  if (limits_.underscored_names != http::UnderscoredNames::keep &&
      name.find('_') != std::string_view::npos) {
    if (limits_.underscored_names == http::UnderscoredNames::refuse) return refused_as(400);
    return taken(size);
  }
  Field& field = add_field();  // in place: a copy by vector loads would wait for fresh stores
  field.name = name;
  field.value = trimmed(value, found.value_stop);
  note_field(field);
  return taken(size);
}

Field& Parser::add_field() {
  if (field_count_ == fields_.size()) fields_.resize(2 * field_count_);
  return fields_[field_count_++];
}

void Parser::note_field(const Field& field) {
  const std::size_t index = field_count_ - 1;
  switch (field.name.size()) {
    case 4:
      if (field.name == "host" && ++hosts_ == 1) host_at_ = index;
      return;
    case 6:
      if (field.name == "expect")
        head_.expects_continue = http::equals_lower(field.value, "100-continue");
      return;
    case 7:
      if (field.name == "upgrade") head_.upgrade = field.value;
      return;
    case 10:
      if (field.name != "connection") return;
      close_ |= http::list_has(field.value, "close");
      keep_alive_ |= http::list_has(field.value, "keep-alive");
      upgrades_ |= http::list_has(field.value, "upgrade");
      return;
    case 14:
      if (field.name == "content-length" && ++lengths_ == 1) length_at_ = index;
      return;
    case 17:
      if (field.name == "transfer-encoding") ++codings_;
      return;
    default: return;
  }
}

Parser::Step Parser::finish_head(char* data) {
  if (const int status = check_host(); status != 0) return refused(status);
  if (const int status = choose_framing(); status != 0) return refused(status);
  const bool is_1_1 = head_.version == http::Version::http_1_1;
  head_.keep_alive = !close_ && (is_1_1 || keep_alive_);
  head_.expects_continue &= is_1_1 && head_.framing != Framing::none;
  if (!upgrades_) head_.upgrade = {};
  head_.fields = std::span{fields_}.first(field_count_);
  phase_ = Phase::body;
  base_ = data;
  return {Event::head, line_};
}

/// RFC 9112 3.2 and 3.2.2.
int Parser::check_host() {
  if (hosts_ > 1 || (hosts_ == 0 && head_.version == http::Version::http_1_1)) return 400;
  if (hosts_ == 1 && !is_host(fields_[host_at_].value)) return 400;
  if (head_.authority.empty()) return 0;
  if (hosts_ == 1)
    fields_[host_at_].value = head_.authority;
  else
    add_field() = {"host", head_.authority};
  return 0;
}

/// RFC 9112 6: what could be read in two ways is refused.
int Parser::choose_framing() {
  if (lengths_ > 1) return 400;
  if (lengths_ == 1) {
    const auto length = http::parse_length(fields_[length_at_].value);
    if (!length) return 400;
    head_.content_length = *length;
    head_.has_content_length = true;
    if (*length > 0) head_.framing = Framing::length;
  }
  if (codings_ > 0) {
    if (lengths_ > 0 || head_.version == http::Version::http_1_0) return 400;
    if (const int status = check_codings(); status != 0) return status;
    head_.framing = Framing::chunked;
    chunks_ = {};
    taken_ = 0;
  }
  left_ = head_.content_length;
  return limits_.body != 0 && left_ > limits_.body ? 413 : 0;
}

int Parser::check_codings() const {
  int chunked = 0;
  for (const Field& field : std::span{fields_}.first(field_count_)) {
    if (field.name != "transfer-encoding") continue;
    std::string_view list = field.value;
    while (const auto coding = http::next_member(list)) {
      if (!http::equals_lower(*coding, "chunked")) return 501;
      ++chunked;
    }
  }
  return chunked == 1 ? 0 : 400;
}

Parser::Step Parser::next_body(std::string_view bytes) {
  const auto whole = [&](std::size_t consumed) {
    phase_ = Phase::start;
    return Step{Event::end, consumed};
  };
  if (head_.framing != Framing::chunked) {
    if (left_ == 0) return whole(0);
    if (bytes.empty()) return need_more();
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    left_ -= size;
    return {Event::body, size, bytes.substr(0, size)};
  }
  const ChunkedDecoder::Step step = chunks_.next(bytes);
  switch (step.event) {
    case ChunkedDecoder::Event::need_more: return {Event::need_more, step.consumed};
    case ChunkedDecoder::Event::end: return whole(step.consumed);
    case ChunkedDecoder::Event::bad: return refused(400);
    case ChunkedDecoder::Event::data: break;
  }
  taken_ += step.data.size();
  if (limits_.body != 0 && taken_ > limits_.body) return refused(413);
  return {Event::body, step.consumed, step.data};
}

void Parser::begin() {
  field_count_ = 0;
  head_.fields = {};
  head_.method = head_.target = head_.raw_path = head_.query = {};
  head_.authority = head_.upgrade = {};
  head_.framing = Framing::none;
  head_.content_length = 0;
  head_.has_content_length = false;
  head_.expects_continue = false;
  line_ = section_ = field_lines_ = 0;
  hosts_ = lengths_ = codings_ = 0;
  close_ = keep_alive_ = upgrades_ = false;
}

void Parser::rebase(char* data) {
  for (std::string_view* view : {&head_.method, &head_.raw_path, &head_.query, &head_.target,
                                 &head_.authority, &head_.upgrade})
    shift(*view, base_, data);
  for (Field& field : std::span{fields_}.first(field_count_)) {
    shift(field.name, base_, data);
    shift(field.value, base_, data);
  }
  base_ = data;
}

}  // namespace asgi_worker::http1
