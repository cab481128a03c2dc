#include "asgi-worker/http1/parser.hpp"

#include <algorithm>
#include <cstring>

#include "asgi-worker/http1/target.hpp"

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
bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }
bool is_lower(char byte) { return byte >= 'a' && byte <= 'z'; }

/// Of names whose size is known to be the same.
template <std::size_t Size>
bool is(std::string_view name, const char (&known)[Size]) {
  return name.front() == known[0] && std::memcmp(name.data(), known, Size - 1) == 0;
}

/// "HTTP/1.1" and the line's end, in two comparisons.
bool is_version_1_1(const char* at) {
  return std::memcmp(at, "HTTP/1.1", 8) == 0 && std::memcmp(at + 8, "\r\n", 2) == 0;
}

/// Moves a view into the `size` bytes at `from` to the same ones at `to`; leaves others alone.
void shift(std::string_view& view, const char* from, std::size_t size, const char* to) {
  const auto offset =
      reinterpret_cast<std::uintptr_t>(view.data()) - reinterpret_cast<std::uintptr_t>(from);
  if (offset < size) view = {to + offset, view.size()};
}

std::string_view trimmed(const char* first, const char* last) {
  while (first != last && is_blank(*first)) ++first;
  while (first != last && is_blank(last[-1])) --last;
  return {first, static_cast<std::size_t>(last - first)};
}

}  // namespace

Parser::Parser(const http::Limits& limits, Kernel kernel, KnownSections* known)
    : limits_{limits},
      kernel_{kernel}
#if ASGI_WORKER_VECTORS
      ,
      vectors_{vector_scan(kernel)}
#endif
      ,
      known_{known} {
}

// All of a head in one function: the calls between its lines cost a sixth of the whole.
[[gnu::flatten]] Parser::Step Parser::next(char* data, std::size_t size) {
  if (phase_ == Phase::body) return next_body({data, size});
#if ASGI_WORKER_VECTORS
  if (kernel_ != Kernel::plain) return next_head(vectors_, data, data + size);
#endif
  return next_head(PlainScan{}, data, data + size);
}

template <class Scan>
Parser::Step Parser::next_head(const Scan& scan, char* data, char* end) {
  bool is_drafted = false;
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
    if (known_ != nullptr) {
      if (take_known(data, end)) return finish_head(data, Hosts::checked);
      is_drafted = known_->draft({data + line_, end});
    }
  }
  for (;;) {
    const char* const at = data + line_;
    if (at == end) return need_more();
    if (*at == '\r') {
      if (end - at < 2) return need_more();
      if (at[1] != '\n') return refused(400);
      line_ += 2;
      const Step step = finish_head(data, Hosts::unchecked);
      // A target in absolute form has changed the host.
      if (is_drafted && step.event == Event::head && !has_folds_ && head_.authority.empty())
        last_section_ = head_.section =
            known_->remember({data + section_, line_ - section_}, head_.fields, seen_);
      return step;
    }
    const bool is_fold = is_blank(*at) && limits_.permits.obsolete_folding;
    const Line line = is_fold ? take_fold(scan, data, end) : take_field(scan, data, end);
    if (line.kind != Line::Kind::taken) return step_of(line);
    line_ += line.size;
  }
}

Parser::Line Parser::taken(std::size_t size) { return {Line::Kind::taken, 0, size}; }
Parser::Line Parser::refused_as(int status) { return {Line::Kind::refused, status, 0}; }

template <class Scan>
Parser::Line Parser::take_request_line(const Scan& scan, char* line, char* end) {
  char* at = line;
  if (at != end && *at == tls_handshake) return refused_as(0);
  // What lies behind the limit is not looked at, so that the answer does not hang on the split.
  const bool cut = static_cast<std::size_t>(end - line) > limits_.request_line;
  char* const stop = cut ? line + limits_.request_line + 1 : end;
  const Line short_of_line = cut ? refused_as(414) : Line{Line::Kind::unfinished, 0, 0};

  at = method_end(at, stop);
  if (at == stop) return short_of_line;
  if (*at != ' ' || at == line) return refused_as(400);
  head_.method = {line, static_cast<std::size_t>(at - line)};

  const char* const target = ++at;
  const TargetEnd target_end = scan.target_end(at, stop);
  if (target_end.stop == stop) return short_of_line;
  if (*target_end.stop != ' ' || target_end.stop == target) return refused_as(400);
  head_.target = {target, static_cast<std::size_t>(target_end.stop - target)};

  const char* const version = target_end.stop + 1;
  const auto line_size = static_cast<std::size_t>(version - line) + version_shape.size() - 2;
  if (line_size > limits_.request_line) return refused_as(414);
  return take_version(line, version, end, static_cast<std::size_t>(target_end.mark - target));
}

/// RFC 9110 9.1: a token, with case; by convention, which others hold to, in upper case.
char* Parser::method_end(char* at, char* stop) const {
  for (; at != stop && http::is_token_byte(*at); ++at) {
    if (!is_lower(*at)) continue;
    if (!limits_.permits.lower_case_method) break;
    *at = static_cast<char>(*at & ~0x20);
  }
  return at;
}

Parser::Line Parser::take_version(const char* line, const char* at, const char* end,
                                  std::size_t mark) {
  const auto there = std::min(static_cast<std::size_t>(end - at), version_shape.size());
  const bool is_usual = there == version_shape.size() && is_version_1_1(at);
  for (std::size_t index = 0; index < there && !is_usual; ++index) {
    const bool fits =
        version_shape[index] == '0' ? is_digit(at[index]) : at[index] == version_shape[index];
    if (!fits) return refused_as(400);
  }
  if (there < version_shape.size()) return {Line::Kind::unfinished, 0, 0};
  if (at[5] != '1' || (at[7] > '1' && !limits_.permits.unconventional_version))
    return refused_as(505);
  head_.version = at[7] == '0' ? http::Version::http_1_0 : http::Version::http_1_1;
  if (const int status = split_target(head_, mark); status != 0) return refused_as(status);
  return taken(static_cast<std::size_t>(at - line) + version_shape.size());
}

template <class Scan>
Parser::Line Parser::take_field(const Scan& scan, char* data, char* end) {
  char* const line = data + line_;
  if (field_lines_ == limits_.fields) return refused_as(431);
  const std::size_t used = line_ - section_;
  const std::size_t room = std::min(limits_.field_size, limits_.field_section - used);
  const bool cut = static_cast<std::size_t>(end - line) >= room;
  char* const stop = cut ? line + room : end;
  const Line short_of_line = cut ? refused_as(431) : Line{Line::Kind::unfinished, 0, 0};

  FieldLine found = scan.field_line(data, line, stop);
  if (found.name_end == stop) return short_of_line;
  const char* colon = found.name_end;
  if (is_blank(*colon) && limits_.permits.spaces_before_colon) {
    while (colon != stop && is_blank(*colon)) ++colon;
    if (colon == stop) return short_of_line;
    if (*colon == ':') found.value_stop = scan.value_end(data, colon + 1, stop);
  }
  // A blank here is either a folded line or one before the colon: both change what is framed.
  if (*colon != ':' || found.name_end == line) return refused_as(400);
  if (found.value_stop == stop) return short_of_line;
  if (*found.value_stop != '\r') return refused_as(400);
  const auto size = static_cast<std::size_t>(found.value_stop - line) + 2;
  if (size > room) return refused_as(431);
  if (found.value_stop + 1 == end) return {Line::Kind::unfinished, 0, 0};
  if (found.value_stop[1] != '\n') return refused_as(400);

  ++field_lines_;
  last_line_ = size;
  const std::string_view name{line, static_cast<std::size_t>(found.name_end - line)};
  last_is_kept_ = limits_.underscored_names == http::UnderscoredNames::keep ||
                  name.find('_') == std::string_view::npos;
  if (!last_is_kept_) {
    if (limits_.underscored_names == http::UnderscoredNames::refuse) return refused_as(400);
    return taken(size);
  }
  Field& field = add_field();  // in place: a copy by vector loads would wait for fresh stores
  field.name = name;
  field.value = trimmed(colon + 1, found.value_stop);
  note_field(field_count_ - 1);
  return taken(size);
}

/// RFC 9112 5.2: a line that begins with a blank goes on with the value before it, the line's end
/// between them made blanks.
template <class Scan>
Parser::Line Parser::take_fold(const Scan& scan, char* data, char* end) {
  char* const line = data + line_;
  if (field_lines_ == 0) return refused_as(400);
  const std::size_t used = line_ - section_;
  const std::size_t room = std::min(limits_.field_size - last_line_, limits_.field_section - used);
  const bool cut = static_cast<std::size_t>(end - line) >= room;
  const char* const stop = cut ? line + room : end;

  const char* const value_stop = scan.value_end(data, line, stop);
  if (value_stop == stop) return cut ? refused_as(431) : Line{Line::Kind::unfinished, 0, 0};
  if (*value_stop != '\r') return refused_as(400);
  const auto size = static_cast<std::size_t>(value_stop - line) + 2;
  if (size > room) return refused_as(431);
  if (value_stop + 1 == end) return {Line::Kind::unfinished, 0, 0};
  if (value_stop[1] != '\n') return refused_as(400);

  last_line_ += size;
  if (!last_is_kept_) return taken(size);
  Field& field = fields_[field_count_ - 1];
  if (field.name == "host" || field.name == "content-length" || field.name == "transfer-encoding")
    return refused_as(400);
  line[-2] = line[-1] = ' ';
  field.value = trimmed(field.value.data(), value_stop);
  has_folds_ = true;
  return taken(size);
}

Field& Parser::add_field() {
  if (field_count_ == fields_.size()) fields_.resize(2 * field_count_);
  return fields_[field_count_++];
}

void Parser::note_field(std::size_t index) {
  const Field& field = fields_[index];
  const std::string_view name = field.name;
  switch (name.size()) {
    case 2:
      if (is(name, "te")) seen_.takes_trailers |= http::list_has(field.value, "trailers");
      return;
    case 4:
      if (is(name, "host") && ++seen_.hosts == 1) seen_.host_at = index;
      return;
    case 6:
      if (is(name, "expect")) seen_.expects_continue |= http::list_has(field.value, "100-continue");
      return;
    case 7:
      if (is(name, "upgrade") && ++seen_.upgrades != 0) seen_.upgrade_at = index;
      return;
    case 10:
      if (!is(name, "connection")) return;
      seen_.close |= http::list_has(field.value, "close");
      seen_.keep_alive |= http::list_has(field.value, "keep-alive");
      seen_.upgrade |= http::list_has(field.value, "upgrade");
      return;
    case 14:
      if (is(name, "content-length") && ++seen_.lengths == 1) seen_.length_at = index;
      return;
    case 17:
      if (is(name, "transfer-encoding")) ++seen_.codings;
      return;
    default: return;
  }
}

/// The section that begins here, whole, if it has come before. Leaves all as if it had been parsed.
bool Parser::take_known(char* data, const char* end) {
  char* const at = data + line_;
  const KnownSections::Section* const known = known_->find(last_section_, {at, end});
  if (known == nullptr) return false;
  std::memcpy(at, known->lowered.data(), known->lowered.size());
  if (fields_.size() < known->fields.size()) fields_.resize(known->fields.size());
  for (const KnownSections::Place& place : known->fields) {
    Field& field = fields_[field_count_++];
    field.name = {at + place.name, place.name_size};
    field.value = {at + place.value, place.value_size};
  }
  seen_ = known->seen;
  last_section_ = known->id;
  if (head_.authority.empty()) head_.section = known->id;
  line_ += known->lowered.size();
  return true;
}

Parser::Step Parser::finish_head(char* data, Hosts hosts) {
  if (has_folds_) {  // their values were not whole when they were noted
    seen_ = {};
    for (std::size_t index = 0; index < field_count_; ++index) note_field(index);
  }
  if (const int status = check_host(hosts); status != 0) return refused(status);
  if (const int status = choose_framing(); status != 0) return refused(status);
  const bool is_1_1 = head_.version == http::Version::http_1_1;
  head_.keep_alive = !seen_.close && (is_1_1 || seen_.keep_alive);
  head_.expects_continue = seen_.expects_continue && is_1_1 && head_.framing != Framing::none;
  head_.takes_trailers = seen_.takes_trailers;
  if (seen_.upgrade && seen_.upgrades != 0 && is_1_1)  // RFC 9110 7.8
    head_.upgrade = fields_[seen_.upgrade_at].value;
  head_.fields = std::span{fields_}.first(field_count_);
  phase_ = Phase::body;
  base_ = data;
  return {Event::head, line_};
}

/// RFC 9112 3.2 and 3.2.2.
int Parser::check_host(Hosts hosts) {
  if (seen_.hosts > 1) return 400;
  if (seen_.hosts == 0 && head_.version == http::Version::http_1_1) return 400;
  const bool is_unchecked = hosts == Hosts::unchecked && seen_.hosts == 1;
  if (is_unchecked && !is_host(fields_[seen_.host_at].value)) return 400;
  if (head_.authority.empty()) return 0;
  if (seen_.hosts == 1)
    fields_[seen_.host_at].value = head_.authority;
  else
    add_field() = {"host", head_.authority};
  return 0;
}

/// RFC 9112 6: what could be read in two ways is refused.
int Parser::choose_framing() {
  left_ = 0;
  if (seen_.lengths + seen_.codings == 0) return 0;
  if (seen_.lengths > 1) return 400;
  if (seen_.lengths == 1) {
    const auto length = http::parse_length(fields_[seen_.length_at].value);
    if (!length) return 400;
    head_.content_length = *length;
    head_.has_content_length = true;
    if (*length > 0) head_.framing = Framing::length;
  }
  if (seen_.codings > 0) {
    if (seen_.lengths > 0 || head_.version == http::Version::http_1_0) return 400;
    if (const int status = check_codings(); status != 0) return status;
    head_.framing = Framing::chunked;
    chunks_ = ChunkedDecoder{limits_.body};
  }
  left_ = head_.content_length;
  return limits_.body != 0 && left_ > limits_.body ? 413 : 0;
}

/// RFC 9112 6.1 and 6.3: "chunked", once and last; what stands before it is known to nobody here.
int Parser::check_codings() const {
  int chunked = 0;
  bool has_other = false;
  bool is_last = false;
  for (const Field& field : std::span{fields_}.first(field_count_)) {
    if (field.name != "transfer-encoding") continue;
    std::string_view list = field.value;
    for (bool has_more = true; has_more;) {
      const std::size_t comma = list.find(',');
      const std::string_view coding = http::trim_blanks(list.substr(0, comma));
      has_more = comma != std::string_view::npos;
      if (has_more) list.remove_prefix(comma + 1);
      if (coding.empty()) return 400;
      const std::string_view word = http::trim_blanks(coding.substr(0, coding.find(';')));
      is_last = http::equals_lower(word, "chunked");
      if (is_last && word.size() < coding.size()) return 400;  // it has no parameters
      chunked += is_last ? 1 : 0;
      has_other |= !is_last;
    }
  }
  if (chunked > 1 || (chunked == 1 && !is_last)) return 400;
  return has_other ? 501 : 0;
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
    case ChunkedDecoder::Event::bad: return refused(chunks_.status());
    case ChunkedDecoder::Event::data: break;
  }
  return {Event::body, step.consumed, step.data};
}

/// What is always written before it is read stays as it was.
void Parser::begin() {
  field_count_ = field_lines_ = line_ = 0;
  // One by one: a chain of assignments reads back what it has just stored in two halves, and waits.
  head_.section = 0;
  head_.query = {};
  head_.authority = {};
  head_.upgrade = {};
  head_.framing = Framing::none;
  head_.content_length = 0;
  head_.has_content_length = false;
  head_.expects_continue = false;
  has_folds_ = false;
  seen_ = {};
}

void Parser::rebase(char* data) {
  for (std::string_view* view : {&head_.method, &head_.raw_path, &head_.query, &head_.target,
                                 &head_.authority, &head_.upgrade})
    shift(*view, base_, line_, data);
  for (Field& field : std::span{fields_}.first(field_count_)) {
    shift(field.name, base_, line_, data);
    shift(field.value, base_, line_, data);
  }
  base_ = data;
}

}  // namespace asgi_worker::http1
