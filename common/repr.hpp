// A text in quotes as Python's repr() shows it, since Supervisor's messages bear it: 'foo', "it's",
// 'a\nb'. Pure.
#pragma once

#include <string>
#include <string_view>

namespace common {

/// Bytes that are not UTF-8 come as \xNN; everything from U+00A0 on is taken as printable.
std::string repr(std::string_view text);

}  // namespace common
