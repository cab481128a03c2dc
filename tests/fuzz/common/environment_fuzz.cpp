// Any text is an environment. Its pairs, written in quotes, are the same pairs again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/environment.hpp"

namespace {

std::string quoted(std::string_view text) {
  std::string out{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pairs = common::parse_environment({reinterpret_cast<const char*>(data), size});
  if (!pairs) return 0;
  std::string text;
  for (const auto& [key, value] : *pairs) text += quoted(key) + "=" + quoted(value) + ",";
  const auto again = common::parse_environment(text);
  if (!again || *again != *pairs) std::abort();
  return 0;
}
