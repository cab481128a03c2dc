// Text of unknown origin (a program's output or STATUS=, a file's name) made fit for where UTF-8 is
// asked for. Pure. Source: RFC 3629.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace common {

/// The size of the valid sequence at the beginning of `text`; 0: none.
std::size_t utf8_sequence_size(std::string_view text);

/// The text with U+FFFD in the place of each byte that is not part of valid UTF-8.
std::string to_utf8(std::string_view text);

}  // namespace common
