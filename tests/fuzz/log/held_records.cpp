// Any bytes as a held record: refused, or the same again after encoding.
#include "supervisord/log/held_records.hpp"

#include <cstdlib>

using namespace supervisord::log;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  if (const auto stream = decode_stream(bytes)) {
    const auto again = decode_stream(encode(*stream));
    if (!again || !(*again == *stream)) std::abort();
  }
  if (const auto log = decode_log(bytes)) {
    const auto again = decode_log(encode(*log));
    if (!again || !(*again == *log)) std::abort();
  }
  return 0;
}
