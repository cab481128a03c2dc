#include "asgi-worker/http1/cycle.hpp"

#include <algorithm>

namespace asgi_worker::http1 {

using Body = AnswerFraming::Body;

std::uint64_t Cycle::count_written(std::uint64_t size) {
  switch (framing_.body) {
    case Body::none: return 0;
    case Body::chunked:
    case Body::until_close: return size;
    case Body::length: break;
  }
  const std::uint64_t taken = std::min(size, framing_.length - written_);
  written_ += taken;
  return taken;
}

std::optional<std::uint64_t> Cycle::body_left() const {
  if (!started_ || framing_.body != Body::length) return std::nullopt;
  return framing_.length - written_;
}

Cycle::Next Cycle::finish() const {
  const bool is_short = framing_.body == Body::length && written_ < framing_.length;
  if (!framing_.keep_alive || is_short) return Next::close;
  return body_whole_ ? Next::request : Next::skip_body;
}

}  // namespace asgi_worker::http1
