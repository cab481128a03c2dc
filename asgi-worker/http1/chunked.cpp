#include "asgi-worker/http1/chunked.hpp"

#include <algorithm>
#include <charconv>

#include "asgi-worker/http/fields.hpp"

namespace asgi_worker::http1 {
namespace {

constexpr int most_digits = 15;  // below 2^60, so that nothing overflows
constexpr std::size_t most_overhead = 65'536;

int hex_value(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

}  // namespace

ChunkedDecoder::Step ChunkedDecoder::next(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (state_ == State::data) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
      left_ -= size;
      if (left_ == 0) state_ = State::data_cr;
      return {Event::data, at + size, bytes.substr(at, size)};
    }
    if (!take(bytes[at])) return {Event::bad, at, {}};
    ++at;
    if (ended_) return {Event::end, at, {}};
  }
  return {Event::need_more, at, {}};
}

bool ChunkedDecoder::take(char byte) {
  const auto expect = [&](char wanted, State then) {
    state_ = then;
    return byte == wanted;
  };
  switch (state_) {
    case State::size: return take_size(byte);
    case State::extension:
      if (byte == '\r') return expect('\r', State::size_lf);
      return !http::is_bad_value_byte(byte) && take_overhead(400);
    case State::size_lf:
      digits_ = 0;
      return expect('\n', left_ == 0 ? State::trailer_start : State::data) && take_chunk();
    case State::data: return false;  // next() has taken them
    case State::data_cr: return expect('\r', State::data_lf);
    case State::data_lf: return expect('\n', State::size);
    case State::trailer_start:
      if (byte == '\r') return expect('\r', State::last_lf);
      state_ = State::trailer_name;
      return http::is_token_byte(byte) && take_overhead(431);
    case State::trailer_name:
      if (byte == ':') return expect(':', State::trailer_value);
      return http::is_token_byte(byte) && take_overhead(431);
    case State::trailer_value:
      if (byte == '\r') return expect('\r', State::trailer_lf);
      return !http::is_bad_value_byte(byte) && take_overhead(431);
    case State::trailer_lf: return expect('\n', State::trailer_start);
    case State::last_lf: ended_ = true; return byte == '\n';
  }
  return false;
}

bool ChunkedDecoder::take_size(char byte) {
  const int value = hex_value(byte);
  if (value >= 0) {
    left_ = left_ * 16 + static_cast<std::uint64_t>(value);
    return ++digits_ <= most_digits;
  }
  if (digits_ == 0) return false;
  state_ = byte == '\r' ? State::size_lf : State::extension;
  return byte == '\r' || byte == ';';
}

bool ChunkedDecoder::take_chunk() {
  if (most_data_ == 0) return true;
  status_ = 413;  // if it ends here
  if (left_ > most_data_ - data_) return false;
  data_ += left_;
  status_ = 400;
  return true;
}

bool ChunkedDecoder::take_overhead(int status) {
  if (++overhead_ <= most_overhead) return true;
  status_ = status;
  return false;
}

void append_chunk(http::Buffer& out, std::string_view bytes) {
  if (bytes.empty()) return;
  char digits[16];
  const char* const end = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16).ptr;
  const auto size = static_cast<std::size_t>(end - digits);
  char* at = out.prepare(size + 2 + bytes.size() + 2);
  at = std::copy(digits, digits + size, at);
  *at++ = '\r';
  *at++ = '\n';
  std::memcpy(at, bytes.data(), bytes.size());
  at += bytes.size();
  *at++ = '\r';
  *at = '\n';
  out.commit(size + 2 + bytes.size() + 2);
}

}  // namespace asgi_worker::http1
