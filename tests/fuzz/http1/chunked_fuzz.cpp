// A chunked body is decoded the same however it is split; and what the encoder writes comes back.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "asgi-worker/http1/chunked.hpp"

using asgi_worker::http1::ChunkedDecoder;
using Event = ChunkedDecoder::Event;

namespace {

struct Decoded {
  std::string data;
  std::size_t consumed = 0;
  Event event = Event::need_more;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(std::string_view input, std::size_t piece_size) {
  ChunkedDecoder decoder;
  Decoded result;
  while (result.consumed < input.size() || piece_size == 0) {
    std::string_view piece = input.substr(result.consumed);
    if (piece_size != 0) piece = piece.substr(0, piece_size);
    const ChunkedDecoder::Step step = decoder.next(piece);
    result.consumed += step.consumed;
    result.data += step.data;
    result.event = step.event;
    if (step.event == Event::end || step.event == Event::bad) return result;
    if (piece_size == 0 && step.event == Event::need_more) break;
  }
  result.event = Event::need_more;
  return result;
}

void require(bool claim) {
  if (!claim) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::size_t piece_size = 1 + data[0] % 17;
  const Decoded whole = decode(input, 0);
  require(decode(input, piece_size) == whole);
  require(decode(input, 1) == whole);

  asgi_worker::http::Buffer encoded;
  for (std::size_t at = 0; at < input.size(); at += piece_size)
    asgi_worker::http1::append_chunk(encoded, input.substr(at, piece_size));
  encoded.append(asgi_worker::http1::last_chunk);
  const Decoded back = decode(encoded.view(), 0);
  require(back.event == Event::end && back.data == input && back.consumed == encoded.size());
  return 0;
}
