// Values as Supervisor's options write them, each a Result. Pure. Error texts are Supervisor's.
// Source: Supervisor manual and its datatypes as measured.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace common {

/// yes/true/on/1, no/false/off/0, in any case.
Result<bool> parse_bool(std::string_view text);
/// As Python's int(): a sign, blanks around it, "1_000".
Result<std::int64_t> parse_int(std::string_view text);
/// An int, then KB, MB or GB in any case (1024-based), a blank allowed between them. Not negative.
Result<std::uint64_t> parse_size(std::string_view text);
/// Base 8, "0o" allowed; at most 07777.
Result<mode_t> parse_octal(std::string_view text);
/// A comma list of 0 to 255; empty for none.
Result<std::vector<int>> parse_exit_codes(std::string_view text);
/// Comma separated, each trimmed, empty ones left out.
std::vector<std::string> parse_list(std::string_view text);
std::string_view trim(std::string_view text);
std::string lower(std::string_view text);

}  // namespace common
