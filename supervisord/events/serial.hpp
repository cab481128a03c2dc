// The numbers that listeners see: from 0, rising by one. Pure.
#pragma once

#include <cstdint>
#include <limits>

namespace supervisord::events {

/// The number in turn; `next` goes on, from 0 again behind the largest of 63 bits.
inline std::uint64_t take_serial(std::uint64_t& next) {
  constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t taken = next;
  next = taken >= last ? 0 : taken + 1;
  return taken;
}

}  // namespace supervisord::events
