// Any text is a command. Its words, each in single quotes, are the same words again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/words.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto words = common::parse_words({reinterpret_cast<const char*>(data), size});
  if (!words) return 0;
  std::string quoted;
  for (const std::string& word : *words) {
    quoted += '\'';
    for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    quoted += "' ";
  }
  const auto again = common::parse_words(quoted);
  if (!again || *again != *words) std::abort();
  return 0;
}
