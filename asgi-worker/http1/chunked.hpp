// The chunked transfer coding, both ways. Pure. Extensions and trailers are checked and dropped.
// Source: RFC 9112 7.1. Stricter than it: no blanks around the size, CRLF only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "asgi-worker/http/buffer.hpp"

namespace asgi_worker::http1 {

class ChunkedDecoder {
 public:
  enum class Event { need_more, data, end, bad };
  struct Step {
    Event event;
    std::size_t consumed;   // of what was given; the rest is to be given again
    std::string_view data;  // Event::data: never empty, in place
  };
  /// `most_data`: more of it is refused as soon as a chunk says so; 0: no limit.
  explicit ChunkedDecoder(std::uint64_t most_data = 0) : most_data_{most_data} {}

  /// Goes on behind what was consumed before. Not to be called after end or bad.
  Step next(std::string_view bytes);
  /// To refuse with, after Event::bad: 400, 413 for too much data, 431 for more trailers than are
  /// taken.
  int status() const { return status_; }

 private:
  enum class State {
    size,           // hexadecimal digits, at least one
    extension,      // after ';', up to CR
    size_lf,        // LF of the size's line
    data,           // left_ bytes
    data_cr,        //
    data_lf,        //
    trailer_start,  // a trailer's name, or CR of the empty line
    trailer_name,   //
    trailer_value,  //
    trailer_lf,     //
    last_lf         // LF of the empty line
  };
  /// False: the byte may not stand here.
  bool take(char byte);
  bool take_size(char byte);
  bool take_chunk();
  bool take_overhead(int status);

  std::uint64_t most_data_;
  std::uint64_t data_ = 0;  // that the chunks so far have announced
  State state_ = State::size;
  std::uint64_t left_ = 0;
  std::size_t overhead_ = 0;  // bytes of extensions and trailers
  int digits_ = 0;
  int status_ = 400;
  bool ended_ = false;
};

/// Nothing for no bytes: an empty chunk would end the body.
void append_chunk(http::Buffer& out, std::string_view bytes);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace asgi_worker::http1
