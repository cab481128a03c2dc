// Any bytes as a packet of the link: they come apart or are refused, and what is understood says
// the same when it is written and read again.
#include <cstdint>
#include <cstdlib>

#include "supervisord/keeper/messages.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::keeper;
  const auto frames = split_packet({reinterpret_cast<const char*>(data), size});
  if (!frames) return 0;
  for (const Frame& frame : *frames) {
    const auto message = decode(frame.header.type, frame.payload);
    if (!message) continue;
    const std::string bytes = encode(*message);
    const auto again = decode(message_type(*message), bytes);
    if (!again || encode(*again) != bytes) std::abort();
  }
  return 0;
}
