// Texts of a configuration into values, by Supervisor's rules and with its messages. Pure. Blanks
// around a text are the INI reader's to trim, except where a rule says otherwise.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.hpp"

namespace common {

/// yes true on 1, no false off 0, any case. Errors: bad_boolean.
Result<bool> parse_boolean(std::string_view text);
/// As Python's int(): a sign, blanks around, single _ between digits. Errors: bad_number; ours
/// also where it does not fit.
Result<std::int64_t> parse_integer(std::string_view text);
/// The same, for what is held in an int.
Result<int> parse_int(std::string_view text);
/// Whole seconds; negative ones are accepted, as with Supervisor (startsecs=-1 means 0).
Result<std::chrono::seconds> parse_seconds(std::string_view text);
/// Bytes: an integer, then KB, MB, GB (any case, of 1024) or nothing. Negative is 0, which is what
/// it means wherever Supervisor takes a size. Errors: bad_number.
Result<std::uint64_t> parse_byte_size(std::string_view text);
/// Base 8, with or without 0o; up to 7777. Errors: bad_number.
Result<mode_t> parse_octal(std::string_view text);
/// A name with or without SIG, or a number that has a name, or 0. Errors: bad_value.
Result<int> parse_signal(std::string_view text);
/// Comma separated, 0 to 255; empty is none. Errors: bad_value.
Result<std::vector<int>> parse_exit_codes(std::string_view text);
/// The name of a program, process or group, trimmed. Errors: bad_name for ' ', ':' and '/'.
Result<std::string> parse_name(std::string_view text);
/// A TCP port, 1 to 65535. Errors: bad_number.
Result<std::uint16_t> parse_port(std::string_view text);

/// Comma separated, each trimmed; "" is none.
std::vector<std::string> split_list(std::string_view text);
/// Without Python's ASCII white space at both ends.
std::string_view trimmed(std::string_view text);
/// ASCII only.
std::string lower_case(std::string_view text);

}  // namespace common
