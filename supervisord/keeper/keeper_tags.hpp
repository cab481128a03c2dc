// What an event of the keeper's epoll is about: a kind and a number, in the event's 64 bits.
#pragma once

#include <cstdint>
#include <utility>

namespace supervisord::keeper {

enum class Watched : std::uint32_t { signals, link, adopted, trial };

constexpr std::uint64_t tag(Watched what, std::uint32_t number = 0) {
  return std::uint64_t{static_cast<std::uint32_t>(what)} << 32 | number;
}
constexpr std::pair<Watched, std::uint32_t> untag(std::uint64_t tag) {
  return {static_cast<Watched>(tag >> 32), static_cast<std::uint32_t>(tag)};
}

}  // namespace supervisord::keeper
