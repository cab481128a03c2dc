// Signals' names and numbers, as a configuration may write them.
#pragma once

#include <string>
#include <string_view>

#include "common/error.hpp"

namespace common {

/// "SIGTERM"; "signal 99" for one that has no name.
std::string signal_name(int number);

/// A name with or without SIG, in any case, or a number that has one; 0 too. Errors:
/// Errc::bad_value, in Supervisor's words.
Result<int> parse_signal(std::string_view text);

}  // namespace common
