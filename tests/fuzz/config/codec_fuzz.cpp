// Any bytes decode to a Config or an error, and what they decode to survives its encoding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "supervisord/config/codec.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::config;
  const auto decoded = decode({reinterpret_cast<const char*>(data), size});
  if (!decoded) return 0;
  const auto again = decode(encode(*decoded));
  if (!again || (*again).groups != (*decoded).groups || (*again).daemon != (*decoded).daemon ||
      (*again).servers != (*decoded).servers) {
    std::abort();
  }
  return 0;
}
