// Any text is a format. With doubled percents it expands to itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/expand.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  common::Names names;
  names.set("a", "text");
  names.set("n", std::int64_t{-7});
  (void)common::expand(text, names, "option");
  std::string doubled;
  for (const char c : text) doubled += c == '%' ? "%%" : std::string(1, c);
  const auto plain = common::expand(doubled, names, "option");
  if (!plain || *plain != text) std::abort();
  return 0;
}
