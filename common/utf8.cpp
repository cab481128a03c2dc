#include "common/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace common {
std::size_t utf8_sequence_size(std::string_view text) {
  const auto byte = [&](std::size_t at) -> std::uint8_t {
    return at < text.size() ? static_cast<std::uint8_t>(text[at]) : std::uint8_t{0};
  };
  const auto continues = [&](std::size_t at) { return (byte(at) & 0xC0) == 0x80; };
  const auto second_is = [&](int low, int high) { return byte(1) >= low && byte(1) <= high; };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool fits = first == 0xE0   ? second_is(0xA0, 0xBF)
                      : first == 0xED ? second_is(0x80, 0x9F)  // no surrogates
                                      : continues(1);
    return fits && continues(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool fits = first == 0xF0   ? second_is(0x90, 0xBF)
                      : first == 0xF4 ? second_is(0x80, 0x8F)
                                      : continues(1);
    return fits && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = utf8_sequence_size(text);
    if (size == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    out += text.substr(0, size);
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace common
