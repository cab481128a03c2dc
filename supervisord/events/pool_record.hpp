// What the keeper holds of the pools for the next daemon, and its bytes: CBOR, fields added only,
// unknown ones ignored. Keys: docs/protocols/keeper.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "supervisord/events/pool.hpp"

namespace supervisord::events {

struct Serials {
  std::uint64_t next = 0;                      // of all events that some pool has taken
  std::map<std::string, std::uint64_t> pools;  // pool -> its next one
  std::map<int, std::int64_t> ticks;           // period -> the last multiple that was seen
  std::uint64_t piece = 0;                     // of output, the last that was made into events

  friend bool operator==(const Serials&, const Serials&) = default;
};

// The decoders answer none for bytes that are no such record.
std::string encode(const Entry& entry);
std::optional<Entry> decode_entry(std::string_view bytes);
std::string encode(const Listener& listener);
std::optional<Listener> decode_listener(std::string_view bytes);
std::string encode(const Serials& serials);
std::optional<Serials> decode_serials(std::string_view bytes);

}  // namespace supervisord::events
