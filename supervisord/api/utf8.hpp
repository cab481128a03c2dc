// Text of unknown origin (a program's STATUS=, a file's name) made fit for a proto string. Pure.
#pragma once

#include <string>
#include <string_view>

namespace supervisord::api {

/// The text with U+FFFD in the place of each byte that is not part of valid UTF-8.
std::string to_utf8(std::string_view text);

}  // namespace supervisord::api
