// Colours for a terminal, by what a state means: up, on its way, down, broken. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/v1/process.pb.h"

namespace supervisorctl {

enum class Colour { none, red, green, yellow, blue, magenta, cyan, grey };

constexpr Colour colour_of(::supervisor::v1::State state) {
  switch (state) {
    case ::supervisor::v1::STATE_RUNNING: return Colour::green;
    case ::supervisor::v1::STATE_STARTING:
    case ::supervisor::v1::STATE_STOPPING:
    case ::supervisor::v1::STATE_BACKOFF: return Colour::yellow;
    case ::supervisor::v1::STATE_FATAL: return Colour::red;
    case ::supervisor::v1::STATE_STOPPED:
    case ::supervisor::v1::STATE_EXITED: return Colour::grey;
    default: return Colour::magenta;
  }
}

inline std::string coloured(std::string_view text, Colour colour) {
  const char* code = nullptr;
  switch (colour) {
    case Colour::none: return std::string{text};
    case Colour::red: code = "31"; break;
    case Colour::green: code = "32"; break;
    case Colour::yellow: code = "33"; break;
    case Colour::blue: code = "34"; break;
    case Colour::magenta: code = "35"; break;
    case Colour::cyan: code = "36"; break;
    case Colour::grey: code = "90"; break;
  }
  return "\x1b[" + std::string{code} + "m" + std::string{text} + "\x1b[0m";
}

}  // namespace supervisorctl
