// Any bytes from a listener, cut anywhere: they mean the same as in one piece, also when each piece
// is read by a successor; and what is held of them stays small. The first byte says where to begin
// and how to cut.
#include "supervisord/events/dialogue.hpp"

#include <cstdint>
#include <cstdlib>

#include "supervisord/events/pool_record.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace supervisord::events;
  decode_entry({reinterpret_cast<const char*>(data), size});
  decode_serials({reinterpret_cast<const char*>(data), size});
  decode_listener({reinterpret_cast<const char*>(data), size});
  if (size == 0) return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  const auto state = static_cast<ListenerState>(data[0] % 4);
  const std::size_t piece = data[0] / 4 + 1;

  Dialogue whole{Dialogue::Memory{.state = state}};
  const auto meanings = whole.feed(bytes);
  Listener held;
  held.dialogue = Dialogue{Dialogue::Memory{.state = state}};
  std::vector<Meaning> in_pieces;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    const auto more = held.dialogue.feed(bytes.substr(at, piece));
    in_pieces.insert(in_pieces.end(), more.begin(), more.end());
    const auto next = decode_listener(encode(held));
    if (!next || next->dialogue.memory() != held.dialogue.memory()) std::abort();
    held = *next;
  }
  if (in_pieces != meanings || held.dialogue.memory() != whole.memory()) std::abort();
  if (whole.memory().unread.size() > 4096 || whole.memory().result.size() > 3) std::abort();
  return 0;
}
