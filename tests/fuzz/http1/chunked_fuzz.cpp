// A chunked body is decoded the same however it is split, and as a slow reading of the grammar,
// line by line, has it; and what the encoder writes comes back.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "asgi-worker/http/fields.hpp"
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

/// RFC 9112 7.1, without the limits: what the whole input is, or nothing when it is no whole body.
std::optional<Decoded> read_slowly(std::string_view input) {
  Decoded result;
  const auto line = [&]() -> std::optional<std::string_view> {
    const std::string_view rest = input.substr(result.consumed);
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    result.consumed += end + 2;
    const std::string_view text = rest.substr(0, end);
    const bool has_control = std::any_of(text.begin(), text.end(), [](unsigned char byte) {
      return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
    return has_control ? std::nullopt : std::optional{text};
  };
  for (;;) {
    const auto head = line();
    if (!head) return std::nullopt;
    const std::string digits{head->substr(0, head->find(';'))};
    const bool is_hex = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (digits.empty() || digits.size() > 15 || !is_hex) return std::nullopt;
    const std::size_t size = std::stoull(digits, nullptr, 16);
    if (size == 0) break;
    if (input.size() - result.consumed < size + 2) return std::nullopt;
    result.data += input.substr(result.consumed, size);
    result.consumed += size;
    if (input.substr(result.consumed, 2) != "\r\n") return std::nullopt;
    result.consumed += 2;
  }
  for (;;) {
    const auto trailer = line();
    if (!trailer) return std::nullopt;
    if (trailer->empty()) break;
    const std::size_t colon = trailer->find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    if (!asgi_worker::http::is_token(trailer->substr(0, colon))) return std::nullopt;
  }
  result.event = Event::end;
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

  const std::optional<Decoded> slow = read_slowly(input);
  require(slow.has_value() == (whole.event == Event::end));
  require(!slow || *slow == whole);

  // A limit refuses in the same place, however the bytes come.
  ChunkedDecoder limited{piece_size};
  const ChunkedDecoder::Step first = limited.next(input);
  if (first.event == Event::data) require(first.data.size() <= piece_size);

  asgi_worker::http::Buffer encoded;
  for (std::size_t at = 0; at < input.size(); at += piece_size)
    asgi_worker::http1::append_chunk(encoded, input.substr(at, piece_size));
  encoded.append(asgi_worker::http1::last_chunk);
  const Decoded back = decode(encoded.view(), 0);
  require(back.event == Event::end && back.data == input && back.consumed == encoded.size());
  return 0;
}
